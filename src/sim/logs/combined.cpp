#include "sim/logs/combined.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sim/logs/fields.hpp"
#include "sim/trace_time.hpp"

namespace tenfold::sim {

namespace {

// The last number of "0.012, 0.034 : 0.120"; nothing of "-".
std::optional<core::Duration> last_seconds(std::string_view text) {
  while (!text.empty() && std::string_view{", :"}.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  const std::size_t begin = text.find_last_of(", :");
  return parse_seconds(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

// What stands behind the combined format's fields.
class Extras {
 public:
  explicit Extras(LogEntry& entry) : entry_{entry} {}

  void take(std::string_view text) {
    Fields fields{text};
    for (fields.skip_blanks(); !fields.is_at_end(); fields.skip_blanks()) {
      if (fields.rest().starts_with('"')) {
        if (!fields.quoted()) return;  // of no meaning here: a forwarded address, a ratio
        continue;
      }
      take_word(fields);
    }
  }

 private:
  void take_word(Fields& fields) {
    const std::size_t end = std::min(fields.rest().find_first_of(" =\""), fields.rest().size());
    const bool is_pair = fields.rest().substr(end).starts_with('=');
    if (!is_pair) return take_number(fields.word());
    const std::string_view key = fields.rest().substr(0, end);
    fields.skip(fields.rest().substr(0, end + 1));
    const auto quoted = fields.quoted();
    take_pair(key, quoted ? *quoted : fields.word());
  }

  void take_pair(std::string_view key, std::string_view value) {
    constexpr auto kWhole = std::to_array<std::string_view>({"rt", "request_time", "$request_time"});
    constexpr auto kUpstream =
        std::to_array<std::string_view>({"urt", "upstream_response_time", "$upstream_response_time"});
    constexpr auto kHeader = std::to_array<std::string_view>({"uht", "upstream_header_time"});
    const auto seconds = last_seconds(value);
    continues_ = value.ends_with(',') || value.ends_with(':') ? &entry_.service : nullptr;
    if (!seconds) return;
    const auto is_one_of = [&key](const auto& names) { return std::ranges::find(names, key) != names.end(); };
    if (is_one_of(kWhole)) entry_.lasted = seconds;
    if (is_one_of(kUpstream) || (is_one_of(kHeader) && !entry_.service)) entry_.service = seconds;
  }

  void take_number(std::string_view word) {
    const auto seconds = last_seconds(word);
    const bool continues = word.ends_with(',') || word == ":";
    if (continues_ != nullptr) {  // of a list of upstreams' times
      if (seconds) *continues_ = seconds;
      if (!continues && seconds) continues_ = nullptr;
      return;
    }
    if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) {
      const auto whole_seconds = parse_whole(word.substr(0, slash));
      const auto microseconds = parse_whole(word.substr(slash + 1));
      if (whole_seconds && microseconds && *microseconds / 1'000'000 == *whole_seconds)
        take_microseconds(*microseconds);
      return;
    }
    if (const auto whole = parse_whole(word)) {
      entry_.lasted_number = whole;
    } else if (seconds && word.find('.') != std::string_view::npos) {
      (entry_.lasted ? entry_.service : entry_.lasted) = seconds;
      continues_ = continues ? &entry_.service : nullptr;
    }
  }

  void take_microseconds(std::uint64_t number) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    if (number < kMost) entry_.lasted = std::chrono::microseconds{static_cast<std::int64_t>(number)};
  }

  LogEntry& entry_;
  std::optional<core::Duration>* continues_ = nullptr;  // where the next number of a list goes
};

}  // namespace

Reading read_combined(std::string_view line, LogEntry& entry) {
  Fields fields{line};
  const auto client = fields.until('[');
  if (!client || client->empty()) return Reading::kUnread;
  const auto time_text = fields.until(']');
  const auto time = time_text ? parse_clf_time(*time_text) : std::nullopt;
  fields.skip_blanks();
  const auto request = time ? fields.quoted() : std::nullopt;
  if (!request) return Reading::kUnread;
  const auto status = parse_status(fields.word());
  const std::string_view bytes = fields.word();
  if (!status || (bytes != "-" && !parse_whole(bytes))) return Reading::kUnread;
  // A connection that sent nothing, or no HTTP: the server had no work of it.
  const auto target = target_of(*request);
  if (!target) return Reading::kOther;
  entry = {.at = time->at, .within = time->within, .moment = Moment::kUnsaid, .status = *status, .target = *target};
  for (int i = 0; i < 2; ++i) {  // referer and user agent
    fields.skip_blanks();
    if (fields.rest().starts_with('"') && !fields.quoted()) return Reading::kUnread;
  }
  Extras{entry}.take(fields.rest());
  return Reading::kRequest;
}

}  // namespace tenfold::sim
