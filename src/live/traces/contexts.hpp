// Gives each request its place in a trace.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "http/head.hpp"
#include "live/traces/context.hpp"
#include "live/traces/sampler.hpp"

namespace tenfold::live {

// 64 random bits a call.
using RandomBits = std::function<std::uint64_t()>;

// The kernel's, some at a time. Throws std::system_error where it has none.
RandomBits kernel_random_bits();

// A request's place in its trace. Without an id: it is not traced, and what its client says of a trace passes as it is.
struct RequestTrace {
  TraceId id;
  SpanId span{};    // the request's own
  SpanId parent{};  // the client's; none where the trace begins here
  std::uint8_t flags = 0;
  // The client's tracestate belongs to the trace, and goes on.
  bool keeps_state = false;

  bool is_traced() const { return id.is_valid(); }
  bool is_sampled() const { return (flags & kSampled) != 0; }
};

// Lives on the loop's thread.
class TraceContexts {
 public:
  TraceContexts(RandomBits random, Sampler sampler) : random_{std::move(random)}, sampler_{sampler} {}

  void configure(Sampler sampler) { sampler_ = sampler; }

  // Of a request with this head: in the trace that its traceparent names, if there is one and it is well-formed, else
  // in a new one.
  RequestTrace open(const http::Head& head);
  SpanId next_span();

 private:
  TraceId next_trace();

  RandomBits random_;
  Sampler sampler_;
};

}  // namespace tenfold::live
