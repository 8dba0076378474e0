#include "live/traces/exporter.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "live/clock.hpp"

namespace tenfold::live {

namespace {

bool is_success(int status) { return status >= 200 && status < 300; }
bool is_worth_another_try(int status) { return status == 429 || (status >= 502 && status <= 504); }

// Half of it to all of it, so that those who failed together do not come back together.
core::Duration jittered(core::Duration time, std::uint64_t bits) {
  const core::Duration half = time / 2;
  return half + core::Duration{static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(half.count() + 1))};
}

}  // namespace

Exporter::Exporter(http::Loop& loop, Collector& collector, ExporterOptions options)
    : loop_{loop}, collector_{collector}, options_{std::move(options)}, timer_{loop}, end_timer_{loop} {}

void Exporter::add(std::string_view spans, std::size_t count) {
  if (!has_room()) return drop(count);
  const bool is_sealed = batches_.size() == 1 && (is_under_way_ || is_paused_);
  if (batches_.empty() || is_sealed || batches_.back().spans.size() >= kBatch) batches_.emplace_back();
  Batch& batch = batches_.back();
  if (!batch.spans.empty()) batch.spans += ',';
  batch.spans += spans;
  batch.count += count;
  waiting_ += spans.size();
  if (is_under_way_ || is_paused_) return;
  if (batch.spans.size() >= kBatch) {
    send_in(core::Duration::zero());
  } else if (!timer_.is_set()) {
    send_in(kDelay);
  }
}

void Exporter::drop(std::size_t count) {
  counters_.no_room += count;
  if (may_tell()) tell(fmt::format("{} takes fewer spans than there are", options_.url));
}

// From the loop: a request that ends waits for nothing.
void Exporter::send_in(core::Duration time) {
  timer_.expires_after(time, [this] { send(); });
}

void Exporter::send() {
  is_paused_ = false;
  is_under_way_ = true;
  if (first_tried_ == core::TimePoint{}) first_tried_ = now(loop_);
  std::string body = options_.frame.before;
  body.append(batches_.front().spans).append(options_.frame.behind);
  collector_.post(std::move(body), [this](const auto& answer) { take(answer); });
}

void Exporter::take(const std::expected<CollectorAnswer, std::string>& answer) {
  is_under_way_ = false;
  if (batches_.empty()) return;  // it was given up at the end
  if (!answer) return try_again(answer.error(), std::nullopt);
  if (is_success(answer->status)) {
    take_success(*answer);
  } else if (is_worth_another_try(answer->status)) {
    return try_again(fmt::format("it answers {}", answer->status), answer->retry_after);
  } else {
    counters_.refused += batches_.front().count;
    tell_trouble(fmt::format("it answers {}", answer->status));
  }
  pop();
  go_on();
}

void Exporter::take_success(const CollectorAnswer& answer) {
  const PartialSuccess partial = parse_partial_success(answer.body);
  const std::uint64_t rejected = std::min<std::uint64_t>(partial.rejected, batches_.front().count);
  counters_.sent += batches_.front().count - rejected;
  counters_.refused += rejected;
  backoff_ = kFirstBackoff;
  if (rejected > 0 || !partial.message.empty()) {
    tell(fmt::format("{} refuses {} spans{}{}", options_.url, rejected, partial.message.empty() ? "" : ": ",
                     partial.message));
  } else if (std::exchange(is_troubled_, false)) {
    options_.say(fmt::format("traces arrive at {} again; {} spans were lost meanwhile", options_.url,
                             counters_.lost() - std::exchange(lost_when_told_, counters_.lost())));
  }
}

void Exporter::try_again(const std::string& trouble, std::optional<core::Duration> after) {
  if (done_) return end();
  const core::Duration pause =
      std::max(std::min(after.value_or(core::Duration::zero()), kLongestPause), jittered(backoff_, options_.random()));
  backoff_ = std::min(2 * backoff_, kLongestBackoff);
  if (now(loop_) - first_tried_ >= kGiveUpAfter) {
    counters_.given_up += batches_.front().count;
    pop();
  }
  tell_trouble(trouble);
  is_paused_ = !batches_.empty();
  if (is_paused_) send_in(pause);
}

void Exporter::pop() {
  waiting_ -= std::min(waiting_, batches_.front().spans.size());
  batches_.pop_front();
  first_tried_ = {};
}

void Exporter::go_on() {
  if (done_ && batches_.empty()) return end();
  if (batches_.empty()) return;
  const bool is_due = done_ || batches_.front().spans.size() >= kBatch;
  send_in(is_due ? core::Duration::zero() : kDelay);
}

bool Exporter::may_tell() const { return !told_ || now(loop_) - *told_ >= kBetweenLines; }

void Exporter::tell_trouble(const std::string& trouble) {
  if (!may_tell()) return;
  is_troubled_ = true;
  tell(fmt::format("no traces at {}: {}", options_.url, trouble));
}

void Exporter::tell(const std::string& sentence) {
  if (!may_tell()) return;
  told_ = now(loop_);
  const std::uint64_t lost = counters_.lost() - std::exchange(lost_when_told_, counters_.lost());
  options_.say(lost == 0 ? sentence : fmt::format("{}; {} spans were lost", sentence, lost));
}

void Exporter::finish(http::Loop::Task done) {
  done_ = std::move(done);
  timer_.cancel();
  if (batches_.empty()) return end();
  end_timer_.expires_after(kLastTry, [this] { end(); });
  if (!is_under_way_) send();
}

void Exporter::end() {
  if (!done_) return;
  timer_.cancel();
  end_timer_.cancel();
  std::uint64_t unsent = 0;
  for (const Batch& batch : batches_) unsent += batch.count;
  batches_.clear();
  waiting_ = 0;
  counters_.given_up += unsent;
  if (unsent > 0) options_.say(fmt::format("{} spans did not reach {} before the end", unsent, options_.url));
  std::exchange(done_, nullptr)();
}

}  // namespace tenfold::live
