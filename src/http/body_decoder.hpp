// Where a body's bytes lie in what came, and where the body ends. Sans-I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.hpp"

namespace tenfold::http {

// Decodes in place: chunk data is moved down over the framing before it, so that what is decoded lies in one piece.
class BodyDecoder {
 public:
  // What one call did with its input.
  struct Step {
    std::size_t consumed = 0;  // of the input
    std::size_t produced = 0;  // bytes of body, at `out`
  };

  void reset(BodyKind kind, std::uint64_t content_length);

  bool is_complete() const { return state_ == State::kComplete; }
  bool is_bad() const { return state_ == State::kBad; }
  // What was wrong, when it is bad.
  std::string_view reason() const { return reason_; }

  // Body bytes decoded so far.
  std::uint64_t decoded() const { return decoded_; }

  // Takes `size` bytes at `in` and moves the body's among them to `out`, which is at or before `in` in the same buffer.
  // Leaves what follows the body.
  Step decode(const char* in, std::size_t size, char* out);

  // The peer has closed: the end of a body until close, an error within any other.
  void end_of_input();

 private:
  enum class State : std::uint8_t {
    kData,  // of a body with a length, or of a chunk
    kUntilClose,
    kChunkSize,       // hex digits
    kChunkSpace,      // bad whitespace behind them, before an extension
    kChunkExtension,  // ignored up to CR
    kChunkSizeLf,
    kChunkDataCr,
    kChunkDataLf,
    kTrailer,  // at the start of a trailer line
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kComplete,
    kBad,
  };

  void take_framing(char c);
  void take_size(char c);
  void take_trailer(char c);
  bool count_overhead();
  void fail(std::string_view reason);
  void end_of_size_line();

  State state_ = State::kComplete;
  bool is_chunked_ = false;
  std::uint64_t left_ = 0;    // of the data, or the chunk's size as read so far
  std::uint32_t digits_ = 0;  // of the chunk's size, leading zeros aside
  bool has_digits_ = false;
  std::uint64_t overhead_ = 0;  // bytes of extensions, trailers and leading zeros
  std::uint64_t decoded_ = 0;
  std::string_view reason_;
};

}  // namespace tenfold::http
