#include "sim/request_log.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

namespace tenfold::sim {

namespace {

std::string seconds_of(core::Duration span) {
  return fmt::format("{}.{:09}", span.count() / 1'000'000'000, span.count() % 1'000'000'000);
}

// As CSV has text: in quotes where it needs them.
std::string cell_of(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string_view RequestLog::header() {
  return "request,arrived_s,class,wait_s,slot_s,total_s,outcome,replica,attempts\n";
}

void RequestLog::opened(core::TimePoint zero, const std::vector<std::string>& class_names) {
  zero_ = zero;
  class_names_ = class_names;
  for (std::string& name : class_names_) name = cell_of(name);
}

void RequestLog::stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
                         const core::Service&) {
  now_ = now;
  std::visit([this](const auto& e) { on(e); }, event);
  for (const core::Action& action : actions) std::visit([this](const auto& a) { on(a); }, action);
}

void RequestLog::on(const core::RequestArrived& event) {
  requests_.emplace(event.request, Request{.arrived = now_, .klass = event.klass});
}

void RequestLog::on(const core::ResponseFinished& event) {
  if (event.outcome == core::Outcome::kAnswered) end(event.request, "answered");
}

void RequestLog::on(const core::RequestCancelled& event) { end(event.request, "left"); }

void RequestLog::on(const core::Reject& action) { end(action.request, "rejected"); }

void RequestLog::on(const core::Dispatch& action) {
  const auto found = requests_.find(action.request);
  if (found == requests_.end()) return;
  Request& request = found->second;
  if (request.attempts == 0) request.first_slot = now_;
  request.last_slot = now_;
  request.replica = action.replica;
  request.attempts = action.attempt;
}

// Only the first end counts: what goes on in a slot for nobody is none.
void RequestLog::end(core::RequestId id, std::string_view outcome) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  write(id, found->second, outcome);
  requests_.erase(found);
}

void RequestLog::finish() {
  for (const auto& [id, request] : requests_) write(id, request, "unfinished");
  requests_.clear();
}

void RequestLog::write(core::RequestId id, const Request& request, std::string_view outcome) {
  const std::size_t klass = core::to_number(request.klass);
  const bool is_answered = outcome == "answered";
  write_(fmt::format(
      "{}{},{},{},{},{},{},{},{},{}\n", prefix_, core::to_number(id), seconds_of(request.arrived - zero_),
      klass > 0 && klass <= class_names_.size() ? class_names_[klass - 1] : "",
      request.attempts > 0 ? seconds_of(request.first_slot - request.arrived) : "",
      is_answered ? seconds_of(now_ - request.last_slot) : "", is_answered ? seconds_of(now_ - request.arrived) : "",
      outcome, request.attempts > 0 ? fmt::to_string(core::to_number(request.replica)) : "", request.attempts));
}

}  // namespace tenfold::sim
