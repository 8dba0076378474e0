// Bodies: chunked as RFC 9112, 7.1 has it, in whatever pieces it comes.
#include "http/body_decoder.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tenfold::http {
namespace {

struct Decoded {
  std::string body;
  bool is_complete = false;
  bool is_bad = false;
  std::size_t consumed = 0;
};

// Feeds `bytes` in pieces of `piece`, decoding in place as a connection does.
Decoded decode(BodyKind kind, std::uint64_t length, std::string bytes, std::size_t piece) {
  BodyDecoder decoder;
  decoder.reset(kind, length);
  Decoded result;
  std::size_t raw = 0;
  std::size_t out = 0;
  for (std::size_t end = 0; end < bytes.size() && !decoder.is_complete() && !decoder.is_bad();) {
    end = std::min(bytes.size(), end + piece);
    const auto step = decoder.decode(bytes.data() + raw, end - raw, bytes.data() + out);
    raw += step.consumed;
    out += step.produced;
  }
  result.body = bytes.substr(0, out);
  result.is_complete = decoder.is_complete();
  result.is_bad = decoder.is_bad();
  result.consumed = raw;
  return result;
}

TEST(BodyDecoder, DecodesChunksInWhateverPiecesTheyCome) {
  const std::string bytes =
      "4\r\nWiki\r\n5;name=value\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Decoded decoded = decode(BodyKind::kChunked, 0, bytes + "NEXT", piece);
    EXPECT_EQ(decoded.body, "Wikipedia in\r\n\r\nchunks.") << piece;
    EXPECT_TRUE(decoded.is_complete);
    EXPECT_EQ(decoded.consumed, bytes.size()) << "what follows is the next message's";
  }
}

// Each of these is lawful by RFC 9112, 7.1, wherever it is cut.
TEST(BodyDecoder, TakesEveryLawfulSpelling) {
  for (const std::string bytes :
       {"2;a\r\nhi\r\n0\r\n\r\n", "2 ;a\r\nhi\r\n0\r\n\r\n", "2\t \t; a = \"b c\" ; d\r\nhi\r\n0 ;x\r\n\r\n",
        "0000000000000000000000002\r\nhi\r\n0\r\n\r\n", "2\r\nhi\r\n000000000000000000000\r\n\r\n",
        "1\r\nh\r\n01\r\ni\r\n0\r\nA: b\r\nC:\r\n\r\n"}) {
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      const Decoded decoded = decode(BodyKind::kChunked, 0, bytes + "NEXT", piece);
      EXPECT_EQ(decoded.body, "hi") << bytes << " in pieces of " << piece;
      EXPECT_TRUE(decoded.is_complete) << bytes;
      EXPECT_EQ(decoded.consumed, bytes.size());
    }
  }
}

// A signed upload has an extension at every chunk: the data before it pays.
TEST(BodyDecoder, BoundsFramingByTheDataThatItFrames) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += "400;signature=" + std::string(64, 'f') + "\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_TRUE(decode(BodyKind::kChunked, 0, bytes + "0\r\n\r\n", 4096).is_complete);
  std::string attack;
  for (int i = 0; i < 1000; ++i) attack += "1;" + std::string(64, 'f') + "\r\nx\r\n";
  EXPECT_TRUE(decode(BodyKind::kChunked, 0, attack + "0\r\n\r\n", 4096).is_bad);
  EXPECT_TRUE(decode(BodyKind::kChunked, 0, std::string(20'000, '0'), 4096).is_bad) << "zeros are bounded";
}

TEST(BodyDecoder, RefusesTrailersThatAreNoFields) {
  for (const char* trailer :
       {"no colon", ": no name", " X: folded", "X : space", "X(Y): z", "X: \x01", "X: a\x7f", "GET / HTTP/1.1"}) {
    EXPECT_TRUE(decode(BodyKind::kChunked, 0, std::string{"0\r\n"} + trailer + "\r\n\r\n", 100).is_bad) << trailer;
  }
}

TEST(BodyDecoder, RefusesBadChunks) {
  for (const char* bytes : {"\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n",
                            "1\na\r\n", "1\r\nab\r\n", "1\r\na\n", "1\r\na\r0\r\n", "1;\x01\r\na\r\n",
                            "1234567890ABCDEF\r\n", "0\r\n\n", "0\r\nX: 1\n\r\n", "1\r\na\r\n\r\n"}) {
    EXPECT_TRUE(decode(BodyKind::kChunked, 0, bytes, 100).is_bad) << bytes;
  }
  EXPECT_TRUE(decode(BodyKind::kChunked, 0, "1;" + std::string(20'000, 'x'), 1000).is_bad) << "extensions are bounded";
  EXPECT_TRUE(decode(BodyKind::kChunked, 0, "0\r\nX: " + std::string(20'000, 'x'), 1000).is_bad)
      << "trailers are bounded";
}

TEST(BodyDecoder, TakesALengthAndNoMore) {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    const Decoded decoded = decode(BodyKind::kLength, 5, "helloNEXT", piece);
    EXPECT_EQ(decoded.body, "hello");
    EXPECT_EQ(decoded.consumed, 5);
  }
}

TEST(BodyDecoder, TheEndOfInputEndsOnlyABodyUntilClose) {
  BodyDecoder decoder;
  decoder.reset(BodyKind::kUntilClose, 0);
  decoder.end_of_input();
  EXPECT_TRUE(decoder.is_complete());
  decoder.reset(BodyKind::kLength, 5);
  decoder.end_of_input();
  EXPECT_TRUE(decoder.is_bad());
}

}  // namespace
}  // namespace tenfold::http
