#include "live/traces/contexts.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include <sys/random.h>

namespace tenfold::live {

namespace {

// Two are as good as none: nobody can say which is right.
std::optional<TraceContext> parent_of(const http::Head& head) {
  std::optional<TraceContext> parent;
  bool is_there = false;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const http::Head::Field field = head.field(i);
    if (field.kind != http::FieldKind::kTraceparent) continue;
    if (is_there) return std::nullopt;
    is_there = true;
    parent = parse_traceparent(field.value);
  }
  return parent;
}

bool has_lawful_state(const http::Head& head) {
  std::size_t entries = 0;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const http::Head::Field field = head.field(i);
    if (field.kind != http::FieldKind::kTracestate) continue;
    const auto more = count_tracestate(field.value);
    if (!more) return false;
    entries += *more;
  }
  return entries <= kMaxTracestate;
}

class KernelRandom {
 public:
  std::uint64_t operator()() {
    if (next_ == bits_.size()) fill();
    return bits_[next_++];
  }

 private:
  // So much comes whole, whatever signals do (getrandom(2)).
  void fill() {
    static_assert(sizeof bits_ <= 256);
    if (::getrandom(bits_.data(), sizeof bits_, 0) != static_cast<ssize_t>(sizeof bits_))
      throw std::system_error{errno, std::generic_category(), "getrandom"};
    next_ = 0;
  }

  std::array<std::uint64_t, 32> bits_{};
  std::size_t next_ = bits_.size();
};

}  // namespace

RandomBits kernel_random_bits() { return KernelRandom{}; }

RequestTrace TraceContexts::open(const http::Head& head) {
  RequestTrace trace{.span = next_span()};
  std::optional<std::uint8_t> parent_flags;
  if (const auto parent = parent_of(head)) {
    trace.id = parent->trace;
    trace.parent = parent->span;
    trace.keeps_state = has_lawful_state(head);
    parent_flags = parent->flags;
  } else {
    trace.id = next_trace();
  }
  const bool is_random = !parent_flags || (*parent_flags & kRandom) != 0;
  const bool is_sampled = sampler_.is_sampled(trace.id, parent_flags);
  trace.flags = static_cast<std::uint8_t>((is_random ? kRandom : 0) | (is_sampled ? kSampled : 0));
  return trace;
}

SpanId TraceContexts::next_span() {
  std::uint64_t bits = random_();
  while (bits == 0) bits = random_();
  return SpanId{bits};
}

TraceId TraceContexts::next_trace() {
  TraceId id;
  while (!id.is_valid()) id = {.high = random_(), .low = random_()};
  return id;
}

}  // namespace tenfold::live
