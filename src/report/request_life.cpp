// The life of one request: see requests.hpp.
#include <iterator>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/words.hpp"
#include "report/moments.hpp"
#include "report/requests.hpp"
#include "report/words.hpp"

namespace tenfold::report {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

class Life {
 public:
  Life(const Story& story, const ToldRequest& told)
      : story_{story}, request_{told.request}, attempts_{told.attempts}, facts_{told.facts} {}

  std::string write() {
    fmt::format_to(std::back_inserter(out_), "Request {}{}: {}{}, arrived {}\n\n", core::to_number(request_.id),
                   id_text(), facts_.method.empty() ? "a request" : facts_.method + " " + facts_.target,
                   facts_.client.empty() ? "" : " from " + facts_.client, clock_text(story_, request_.arrived));
    arrival();
    std::optional<core::TimePoint> waits_since = request_.arrived;
    for (const AttemptStory& attempt : attempts_) {
      in_slot(attempt, *waits_since);
      waits_since = attempt.ended.value_or(attempt.dispatched);
    }
    end();
    used();
    return std::move(out_);
  }

 private:
  void at(core::TimePoint time, const std::string& text) {
    fmt::format_to(std::back_inserter(out_), "  {:9.3f} s  {}\n", seconds(time - request_.arrived), text);
  }

  std::string id_text() const { return facts_.id.empty() ? "" : fmt::format(" (X-Request-Id {})", facts_.id); }

  void arrival() {
    if (facts_.opened > core::TimePoint{} && facts_.opened < request_.arrived) {
      at(facts_.opened,
         fmt::format("its client began to send it, for {}", span_text(request_.arrived - facts_.opened)));
    }
    const std::uint32_t others = request_.waiting_before;
    at(request_.arrived,
       others == 0 ? "arrived; nobody waited before it" : fmt::format("arrived; {} waited before it", others));
  }

  void in_slot(const AttemptStory& attempt, core::TimePoint waited_since) {
    const bool is_last = attempt.dispatched == request_.dispatched;
    const core::Duration waited = attempt.dispatched - waited_since;
    const std::string cold = is_last && request_.cold_start > core::Duration::zero()
                                 ? fmt::format(", {} of it for the replica's start{}", span_text(request_.cold_start),
                                               start_text(request_.start_way))
                                 : "";
    at(attempt.dispatched,
       fmt::format("got a slot of replica {}{}", core::to_number(attempt.replica),
                   waited > core::Duration::zero() ? fmt::format(" after a wait of {}{}", span_text(waited), cold)
                                                   : " at once"));
    const bool has_answer = is_last && facts_.answer_began >= attempt.dispatched;
    if (has_answer && request_.end == End::kAnswered) at(facts_.answer_began, "its answer began");
    if (attempt.ended && attempt.outcome != core::Outcome::kAnswered && attempt.outcome != core::Outcome::kAbandoned) {
      at(*attempt.ended, fmt::format("lost its slot after {}: {}", span_text(*attempt.ended - attempt.dispatched),
                                     core::to_word(attempt.outcome)));
    }
  }

  static std::string_view start_text(core::StartWay way) {
    switch (way) {
      case core::StartWay::kExec:
        break;
      case core::StartWay::kFork:
        return ", a fork";
      case core::StartWay::kFirstFork:
        return ", a fork of a zygote that had to begin first";
    }
    return "";
  }

  // Of its time in a slot that it did not share.
  void used() {
    if (!facts_.used) return;
    constexpr double kMebi = 1024.0 * 1024.0;
    fmt::format_to(std::back_inserter(out_), "\n  used {} of CPU; its replica took {:.0f} MiB at most meanwhile\n",
                   span_text(facts_.used->cpu), static_cast<double>(core::to_number(facts_.used->most_memory)) / kMebi);
  }

  void end() {
    if (!request_.ended) return at(story_.ended, "the journal ends; it is still under way");
    std::string text = end_text(request_);
    if (request_.end == End::kAnswered) text += fmt::format(", {} bytes", facts_.answer_bytes);
    if (request_.status > 0 && request_.status < 400) text += fmt::format(", status {}", request_.status);
    if (request_.dispatched && request_.end == End::kAnswered)
      text += fmt::format(", after {} in its slot", span_text(*request_.ended - *request_.dispatched));
    at(*request_.ended, text);
    if (request_.goes_on) at(*request_.ended, "nobody waits for it any more, and its work went on in its slot");
    if (request_.end == End::kAnswered && facts_.closed > *request_.ended) {
      at(facts_.closed,
         fmt::format("its client had read its answer, {} later", span_text(facts_.closed - *request_.ended)));
    }
  }

  const Story& story_;
  const RequestStory& request_;
  const std::vector<AttemptStory>& attempts_;
  const RequestFacts& facts_;
  std::string out_;
};

value since(core::TimePoint zero, core::TimePoint at) {
  return at > core::TimePoint{} ? value(seconds(at - zero)) : value(nullptr);
}
value since(core::TimePoint zero, const std::optional<core::TimePoint>& at) {
  return at ? value(seconds(*at - zero)) : value(nullptr);
}

std::string_view end_word(End end) {
  switch (end) {
    case End::kOpen:
      return "open";
    case End::kAnswered:
      return "answered";
    case End::kRejected:
      return "refused";
    case End::kCancelled:
      return "left";
    case End::kMissing:
      return "missing";
  }
  return {};
}

}  // namespace

std::string to_life_text(const Story& story, const ToldRequest& told) { return Life{story, told}.write(); }

std::string to_life_json(const Story& story, const ToldRequest& told) {
  const RequestStory& request = told.request;
  const RequestFacts& facts = told.facts;
  const core::TimePoint zero = story.burst ? story.burst->began : story.began;
  array attempts;
  for (const AttemptStory& attempt : told.attempts) {
    attempts.push_back({{"replica", core::to_number(attempt.replica)},
                        {"dispatched_s", since(zero, attempt.dispatched)},
                        {"ended_s", since(zero, attempt.ended)},
                        {"outcome", attempt.ended ? value(core::to_word(attempt.outcome)) : value(nullptr)}});
  }
  const bool is_rejected = request.end == End::kRejected;
  const std::string_view name = class_of(story, request);
  return boost::json::serialize(
      object{{"request", core::to_number(request.id)},
             {"id", facts.id.empty() ? value(nullptr) : value(facts.id)},
             {"arrived", clock_text(story, request.arrived)},
             {"method", facts.method},
             {"target", facts.target},
             {"class", name.empty() ? value(nullptr) : value(name)},
             {"client", facts.client},
             {"opened_s", since(zero, facts.opened)},
             {"arrived_s", since(zero, request.arrived)},
             {"dispatched_s", since(zero, request.dispatched)},
             {"answer_began_s", since(zero, facts.answer_began)},
             {"left_slot_s", since(zero, facts.left_slot)},
             {"ended_s", since(zero, request.ended)},
             {"closed_s", since(zero, facts.closed)},
             {"cold_start_s", seconds(request.cold_start)},
             {"start", request.dispatched ? value(core::to_word(request.start_way)) : value(nullptr)},
             {"replica", request.dispatched ? value(core::to_number(request.replica)) : value(nullptr)},
             {"attempts", std::move(attempts)},
             {"end", end_word(request.end)},
             {"failed_by", has_failed(request) ? value(is_rejected ? "tenfold" : "program") : value(nullptr)},
             {"reason", is_rejected ? value(core::to_word(request.reason)) : value(nullptr)},
             {"status", request.status},
             {"request_bytes", facts.request_bytes},
             {"answer_bytes", facts.answer_bytes},
             {"cpu_s", facts.used ? value(seconds(facts.used->cpu)) : value(nullptr)},
             {"most_memory_bytes", facts.used ? value(core::to_number(facts.used->most_memory)) : value(nullptr)}});
}

}  // namespace tenfold::report
