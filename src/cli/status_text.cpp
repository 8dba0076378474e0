#include "cli/status_text.hpp"

#include <algorithm>
#include <ctime>
#include <exception>
#include <iterator>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tenfold::cli {

namespace {

namespace json = boost::json;

constexpr std::size_t kDecisions = 5;
constexpr std::size_t kFailures = 5;

std::string span(double seconds) {
  return seconds < 0.9995 ? fmt::format("{:.3g} ms", seconds * 1000) : fmt::format("{:.3g} s", seconds);
}

std::string age(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 100) return fmt::format("{} s", whole);
  if (whole < 6000) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string clock(double unix_s) {
  const auto seconds = static_cast<std::time_t>(unix_s);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string percentiles(const json::value& spans) {
  if (spans.at("count").to_number<std::int64_t>() == 0) return "none in the last minute";
  return fmt::format("p50 {}, p95 {}, p99 {}", span(spans.at("p50_s").to_number<double>()),
                     span(spans.at("p95_s").to_number<double>()), span(spans.at("p99_s").to_number<double>()));
}

class Text {
 public:
  Text(const json::value& status, TextSize size) : status_{status}, size_{size} {}

  std::string all() {
    summary();
    decisions();
    failures();
    replicas();
    std::string text;
    for (const std::string& line : lines_) text.append(line, 0, cut_at(line)).append("\n");
    return text;
  }

 private:
  std::int64_t number(std::string_view name) const { return status_.at(name).to_number<std::int64_t>(); }

  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    lines_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  // Where `line` has as many characters as fit. Names and sentences may be UTF-8: none is cut in two.
  std::size_t cut_at(const std::string& line) const {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_first_byte = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
      if (is_first_byte && characters++ == size_.columns) return i;
    }
    return line.size();
  }

  void summary() {
    const json::value& replicas = status_.at("replicas");
    const auto of = [&replicas](std::string_view state) { return replicas.at(state).to_number<std::int64_t>(); };
    const auto waiting = number("waiting");
    const json::value& minute = status_.at("last_minute");
    line("{}: policy {}, {} to {} replicas, up for {}", std::string_view{status_.at("app").as_string()},
         std::string_view{status_.at("policy").as_string()}, number("min_replicas"), number("max_replicas"),
         age(status_.at("uptime_s").to_number<double>()));
    line("  queue     {} waiting{}", waiting,
         waiting > 0 ? fmt::format(", the oldest for {}", span(status_.at("queue_age_s").to_number<double>())) : "");
    line("  slots     {} of {} taken", number("running"), of("ready") * number("slots_per_replica"));
    line("  replicas  {} desired: {} starting, {} ready, {} draining, {} stopping{}", number("desired_replicas"),
         of("starting"), of("ready"), of("draining"), of("stopping"),
         of("warm") == 0 ? "" : fmt::format("; {} kept warm beside them", of("warm")));
    line("  requests  {}, {} of them failed", number("requests"), number("failures"));
    line("  wait      {}", percentiles(minute.at("wait")));
    line("  total     {}", percentiles(minute.at("total")));
  }

  // The newest of a list, the newest first.
  template <class Tell>
  void recent(std::string_view title, std::string_view list, std::size_t most, const Tell& tell) {
    const json::array& all = status_.at(list).as_array();
    if (all.empty()) return;
    line("");
    line("{}", title);
    const std::size_t told = std::min(most, all.size());
    for (std::size_t i = 0; i < told; ++i) tell(all[all.size() - 1 - i]);
  }

  void decisions() {
    recent("last decisions", "recent_decisions", kDecisions, [this](const json::value& decision) {
      line("  {}  {}", clock(decision.at("at_s").to_number<double>()),
           std::string_view{decision.at("sentence").as_string()});
    });
  }

  void failures() {
    recent("last failures", "recent_failures", kFailures, [this](const json::value& failure) {
      const json::value& reason = failure.at("reason");
      line("  {}  {} by {}, after waiting {}{}", clock(failure.at("at_s").to_number<double>()),
           failure.at("status").to_number<std::int64_t>(),
           reason.is_null() ? "the program" : fmt::format("Tenfold: {}", std::string_view{reason.as_string()}),
           span(failure.at("waited_s").to_number<double>()),
           failure.at("replica").to_number<std::int64_t>() == 0
               ? ""
               : fmt::format(" and running {} on replica {}", span(failure.at("ran_s").to_number<double>()),
                             failure.at("replica").to_number<std::int64_t>()));
    });
  }

  void replicas() {
    const json::array& all = status_.at("list").as_array();
    if (all.empty()) return;
    line("");
    line("{:>9}  {:<9} {:>6} {:>10} {:>6} {:>9} {:>8}  {}", "replica", "state", "taken", "answered", "CPUs", "MiB",
         "process", "for");
    const std::size_t room = size_.rows > lines_.size() + 2 ? size_.rows - lines_.size() - 2 : 1;
    const std::size_t told = std::min(room, all.size());
    for (std::size_t i = 0; i < told; ++i) replica(all[i]);
    if (told < all.size()) line("  and {} more", all.size() - told);
  }

  void replica(const json::value& replica) {
    line("{:>9}  {:<9} {:>6} {:>10} {:>6.2f} {:>9.1f} {:>8}  {}", replica.at("replica").to_number<std::int64_t>(),
         std::string_view{replica.at("state").as_string()}, replica.at("running").to_number<std::int64_t>(),
         replica.at("answered").to_number<std::int64_t>(), replica.at("cpu_cores").to_number<double>(),
         replica.at("rss_bytes").to_number<double>() / (1 << 20), replica.at("pid").to_number<std::int64_t>(),
         age(replica.at("age_s").to_number<double>()));
  }

  const json::value& status_;
  TextSize size_;
  std::vector<std::string> lines_;
};

}  // namespace

std::expected<std::string, std::string> status_text(std::string_view text, TextSize size) {
  try {
    const json::value status = json::parse(text);
    return Text{status, size}.all();
  } catch (const std::exception&) {
    return std::unexpected("what answers there is no Tenfold of this version");
  }
}

}  // namespace tenfold::cli
