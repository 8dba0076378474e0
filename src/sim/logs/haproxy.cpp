#include "sim/logs/haproxy.hpp"

#include <array>
#include <charconv>

#include "sim/logs/fields.hpp"

namespace tenfold::sim {

namespace {

// TR/Tw/Tc/Tr/Ta, in milliseconds.
struct Timers {
  std::array<std::int64_t, 5> all{};
  std::int64_t request() const { return all[0]; }
  std::int64_t response() const { return all[3]; }
  std::int64_t active() const { return all[4]; }
};

std::optional<Timers> parse_timers(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  Timers timers;
  for (std::size_t i = 0; i < timers.all.size(); ++i) {
    const bool is_last = i + 1 == timers.all.size();
    const std::size_t slash = text.find('/');
    if ((slash == std::string_view::npos) != is_last) return std::nullopt;
    std::string_view number = text.substr(0, slash);
    // "option logasap" writes before the answer's end, and says so.
    if (is_last && number.starts_with('+')) number.remove_prefix(1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), timers.all[i]);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    if (timers.all[i] < -1 || timers.all[i] > kMost) return std::nullopt;
    if (!is_last) text.remove_prefix(slash + 1);
  }
  return timers;
}

}  // namespace

Reading read_haproxy(std::string_view line, LogEntry& entry) {
  using std::chrono::milliseconds;
  Fields fields{line};
  std::optional<LogTime> time;
  // The process id stands in brackets too.
  while (!time) {
    if (!fields.until('[')) return Reading::kUnread;
    Fields inside = fields;
    const auto text = inside.until(']');
    time = text ? parse_clf_time(*text) : std::nullopt;
    if (time) fields = inside;
  }
  if (fields.word().empty() || fields.word().find('/') == std::string_view::npos) return Reading::kUnread;
  const auto timers = parse_timers(fields.word());
  const std::string_view status_text = fields.word();
  if (!timers || !parse_whole(fields.word())) return Reading::kUnread;
  const std::size_t quote = fields.rest().find('"');
  if (quote == std::string_view::npos) return Reading::kUnread;
  Fields request_fields{fields.rest().substr(quote)};
  const auto request = request_fields.quoted();
  if (!request) return Reading::kUnread;
  const auto target = target_of(*request);
  if (!target || timers->request() < 0) return Reading::kOther;  // <BADREQ>: no request was read
  const auto status = parse_status(status_text);
  if (!status && status_text != "-1") return Reading::kUnread;
  entry = {.at = time->at + milliseconds{timers->request()},
           .within = time->within,
           .moment = Moment::kArrival,
           .status = status.value_or(0),
           .target = *target};
  if (timers->active() >= timers->request()) entry.lasted = milliseconds{timers->active() - timers->request()};
  if (timers->response() >= 0) entry.service = milliseconds{timers->response()};
  return Reading::kRequest;
}

}  // namespace tenfold::sim
