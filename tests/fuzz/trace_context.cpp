// W3C Trace Context as clients send it, and what collectors answer: whatever the bytes, what is read is lawful.
#include <array>

#include "fuzz.hpp"
#include "live/traces/context.hpp"
#include "live/traces/otlp.hpp"

using namespace tenfold::live;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto context = parse_traceparent(bytes)) {
    fuzz_require(context->trace.is_valid() && context->span != SpanId{});
    std::array<char, kTraceparentSize> out{};
    const auto again = parse_traceparent(write_traceparent(*context, out));
    fuzz_require(again && *again == *context);
  }
  if (const auto count = count_tracestate(bytes)) fuzz_require(*count <= bytes.size());
  parse_partial_success(bytes);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-what-the-future-will-be-like",
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
      "tenant@system=a b , key_-*/=!~,",
      R"({"partialSuccess":{"rejectedSpans":"5","errorMessage":"too old"}})",
      R"({"partialSuccess":{"rejectedSpans":5}})",
  };
}
