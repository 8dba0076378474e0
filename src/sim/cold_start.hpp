// How long replicas take to start, how long clients stay, and how much memory requests want.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "sim/spans.hpp"

namespace tenfold::sim {

// From a replica's start until it is ready, as `--cold-start` takes it: any of the span kinds, or journal:DIR.
std::expected<std::unique_ptr<Span>, std::string> make_cold_start(std::string_view spec);

// From a request's arrival until its client leaves, as `--patience` takes it: any of the span kinds, or `never`, for
// which there is no span: the pointer is null.
std::expected<std::unique_ptr<Span>, std::string> make_patience(std::string_view spec);

// What a request takes of its replica's memory while it runs, as `--request-memory` takes it: any of the span kinds
// with sizes for times, a byte for a nanosecond.
std::expected<std::unique_ptr<Span>, std::string> make_request_memory(std::string_view spec);

}  // namespace tenfold::sim
