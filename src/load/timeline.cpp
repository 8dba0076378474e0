#include "load/timeline.hpp"

#include <algorithm>
#include <utility>

namespace tenfold::load {

namespace {

void add(Timeline::Span& to, const Timeline::Span& from) {
  to.failed += from.failed;
  to.times.merge(from.times);
}

}  // namespace

Timeline::Span& Timeline::span_at(core::Duration at) {
  at = std::max(at, core::Duration::zero());
  while (at / width_ >= static_cast<core::Duration::rep>(kMostSpans)) halve();
  const auto index = static_cast<std::size_t>(at / width_);
  if (index >= spans_.size()) spans_.resize(index + 1);
  return spans_[index];
}

void Timeline::halve() {
  width_ *= 2;
  std::vector<Span> halved((spans_.size() + 1) / 2);
  for (std::size_t i = 0; i < spans_.size(); ++i) add(halved[i / 2], spans_[i]);
  spans_ = std::move(halved);
}

void Timeline::merge(const Timeline& other) {
  while (width_ < other.width_) halve();
  Timeline same = other;
  while (same.width_ < width_) same.halve();
  if (spans_.size() < same.spans_.size()) spans_.resize(same.spans_.size());
  for (std::size_t i = 0; i < same.spans_.size(); ++i) add(spans_[i], same.spans_[i]);
}

}  // namespace tenfold::load
