// Requests and responses: whatever the bytes, fed whole or in pieces they mean the same, and views stay inside them.
#include <algorithm>

#include "fuzz.hpp"
#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"

namespace {

using namespace tenfold::http;

struct Outcome {
  HeadStatus head = HeadStatus::kIncomplete;
  int refused = 0;
  std::string fields;
  std::string body;
  bool is_complete = false;
  bool is_bad = false;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(MessageKind kind, const std::string& bytes, std::size_t piece) {
  Outcome outcome;
  HeadParser parser{kind, 4096};
  std::size_t end = 0;
  while (end < bytes.size() && outcome.head == HeadStatus::kIncomplete) {
    end = std::min(bytes.size(), end + piece);
    outcome.head = parser.parse(std::string_view{bytes}.substr(0, end));
  }
  if (outcome.head == HeadStatus::kBad) outcome.refused = parser.refusal().status;
  if (outcome.head != HeadStatus::kComplete) return outcome;
  const Head& head = parser.head();
  fuzz_require(head.size() <= end);
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const Head::Field field = head.field(i);
    fuzz_require(field.name.data() >= bytes.data() &&
                 field.value.data() + field.value.size() <= bytes.data() + head.size());
    outcome.fields += std::string{field.name} + ':' + std::string{field.value} + '\n';
  }
  std::string rest = bytes;
  BodyDecoder decoder;
  decoder.reset(head.body_kind(), head.content_length());
  std::size_t raw = head.size();
  std::size_t out = raw;
  for (std::size_t until = end;; until = std::min(rest.size(), until + piece)) {
    const auto step = decoder.decode(rest.data() + raw, until - raw, rest.data() + out);
    raw += step.consumed;
    out += step.produced;
    fuzz_require(out <= raw && raw <= until);
    if (until == rest.size() || decoder.is_complete() || decoder.is_bad()) break;
  }
  outcome.body = rest.substr(head.size(), out - head.size());
  outcome.is_complete = decoder.is_complete();
  outcome.is_bad = decoder.is_bad();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes{reinterpret_cast<const char*>(data), size};
  for (const MessageKind kind : {MessageKind::kRequest, MessageKind::kResponse}) {
    const Outcome whole = parse(kind, bytes, bytes.size());
    fuzz_require(parse(kind, bytes, 1) == whole);
    fuzz_require(parse(kind, bytes, 7) == whole);
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /solve?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close, "
      "X\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
      "\r\n\r\nGET HTTP://[::1]:80/p?q HTTP/1.1\r\nHost: a:1\r\nConnection: Forwarded, X-A, Content-Type\r\nForwarded: "
      "for=\"a\"\r\n"
      "X-A: 1\r\nContent_Length: 5\r\n\r\n",
      "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000000002 \t; a = "
      "\"b\"\r\nhi\r\n0\r\nA: b\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
      "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\nuntil close",
  };
}
