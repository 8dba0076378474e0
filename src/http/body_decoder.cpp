#include "http/body_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "http/characters.hpp"

namespace tenfold::http {

namespace {

// Extensions, trailers and leading zeros are dropped. More of them than this, and than the data before them, is an
// attack.
constexpr std::uint64_t kMaxOverhead = 16 << 10;

// Sixteen digits are 64 bits; no chunk needs more than fifteen, leading zeros aside.
constexpr std::uint32_t kMaxSizeDigits = 15;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void BodyDecoder::reset(BodyKind kind, std::uint64_t content_length) {
  *this = {};
  switch (kind) {
    case BodyKind::kNone:
      return;
    case BodyKind::kLength:
      state_ = State::kData;
      left_ = content_length;
      return;
    case BodyKind::kChunked:
      state_ = State::kChunkSize;
      is_chunked_ = true;
      return;
    case BodyKind::kUntilClose:
      state_ = State::kUntilClose;
      return;
  }
}

BodyDecoder::Step BodyDecoder::decode(const char* in, std::size_t size, char* out) {
  Step step;
  while (step.consumed < size && state_ != State::kComplete && state_ != State::kBad) {
    if (state_ != State::kData && state_ != State::kUntilClose) {
      take_framing(in[step.consumed++]);
      continue;
    }
    std::size_t take = size - step.consumed;
    if (state_ == State::kData) take = static_cast<std::size_t>(std::min<std::uint64_t>(take, left_));
    const char* from = in + step.consumed;
    if (from != out + step.produced) std::memmove(out + step.produced, from, take);
    step.consumed += take;
    step.produced += take;
    decoded_ += take;
    if (state_ == State::kUntilClose) continue;
    left_ -= take;
    if (left_ == 0) state_ = is_chunked_ ? State::kChunkDataCr : State::kComplete;
  }
  return step;
}

void BodyDecoder::end_of_input() {
  if (state_ == State::kUntilClose) {
    state_ = State::kComplete;
  } else if (state_ != State::kComplete) {
    fail("the connection was closed within the body");
  }
}

// RFC 9112, 7.1, one byte at a time: framing is short, data is not read here.
void BodyDecoder::take_framing(char c) {
  switch (state_) {
    case State::kChunkSize:
    case State::kChunkSpace:
      return take_size(c);
    case State::kChunkExtension:
      if (!count_overhead()) return;
      if (c == '\r') {
        state_ = State::kChunkSizeLf;
      } else if (!is_a(c, kValue)) {
        fail("a chunk extension has a control character");
      }
      return;
    case State::kChunkSizeLf:
      if (c != '\n') return fail("a chunk's size ends without LF");
      return end_of_size_line();
    case State::kChunkDataCr:
      if (c != '\r') return fail("a chunk is longer than its size");
      state_ = State::kChunkDataLf;
      return;
    case State::kChunkDataLf:
      if (c != '\n') return fail("a chunk ends without LF");
      state_ = State::kChunkSize;
      left_ = 0;
      digits_ = 0;
      has_digits_ = false;
      return;
    case State::kTrailer:
    case State::kTrailerName:
    case State::kTrailerValue:
      return take_trailer(c);
    case State::kTrailerLf:
      if (c != '\n') return fail("a trailer ends without LF");
      state_ = State::kTrailer;
      return;
    case State::kLastLf:
      if (c != '\n') return fail("the chunked body ends without LF");
      state_ = State::kComplete;
      return;
    case State::kData:
    case State::kUntilClose:
    case State::kComplete:
    case State::kBad:
      return;
  }
}

void BodyDecoder::take_size(char c) {
  if (const int digit = hex_value(c); digit >= 0 && state_ == State::kChunkSize) {
    has_digits_ = true;
    if (left_ == 0 && digit == 0) return void(count_overhead());
    if (++digits_ > kMaxSizeDigits) return fail("a chunk's size is too large");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (has_digits_ && c == ';') {
    state_ = State::kChunkExtension;
  } else if (has_digits_ && (c == ' ' || c == '\t')) {
    // RFC 9112, 7.1.1: BWS stands before an extension's semicolon, and nowhere else.
    state_ = State::kChunkSpace;
    count_overhead();
  } else if (has_digits_ && c == '\r' && state_ == State::kChunkSize) {
    state_ = State::kChunkSizeLf;
  } else {
    fail("a chunk's size is not a number");
  }
}

// RFC 9112, 7.1.2: a field line each, which is dropped as 7.1.2 allows.
void BodyDecoder::take_trailer(char c) {
  if (c == '\r' && state_ == State::kTrailer) {
    state_ = State::kLastLf;
    return;
  }
  if (!count_overhead()) return;
  if (state_ == State::kTrailerValue) {
    if (c == '\r') {
      state_ = State::kTrailerLf;
    } else if (!is_a(c, kValue)) {
      fail("a trailer has a control character");
    }
    return;
  }
  const bool has_name = state_ == State::kTrailerName;
  if (c == ':' && has_name) {
    state_ = State::kTrailerValue;
  } else if (is_a(c, kToken)) {
    state_ = State::kTrailerName;
  } else {
    fail("a trailer is not a field");
  }
}

// False when it is too much.
bool BodyDecoder::count_overhead() {
  if (++overhead_ <= kMaxOverhead + decoded_) return true;
  fail("chunk extensions and trailers are too long");
  return false;
}

void BodyDecoder::end_of_size_line() { state_ = left_ == 0 ? State::kTrailer : State::kData; }

void BodyDecoder::fail(std::string_view reason) {
  state_ = State::kBad;
  reason_ = reason;
}

}  // namespace tenfold::http
