#include "shell/inspector.hpp"

#include <charconv>
#include <utility>

namespace tenfold::shell {

namespace {

constexpr std::string_view kQuestions =
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::uint64_t Inspection::sum_of(std::string_view metric) const {
  std::uint64_t sum = 0;
  std::string_view rest = metrics;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const bool is_sample = line.starts_with(metric) && line.size() > metric.size() &&
                           (line[metric.size()] == ' ' || line[metric.size()] == '{');
    if (is_sample) sum += to_number(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

std::uint64_t Inspection::number_of(std::string_view name) const {
  const std::string quoted = "\"" + std::string{name} + "\":";
  const std::size_t at = status.find(quoted);
  return at == std::string::npos ? 0 : to_number(std::string_view{status}.substr(at + quoted.size()));
}

Inspector::Inspector(VirtualLoop& loop, std::unique_ptr<Stream> stream, Ledger& ledger, bool may_be_refused, Told told)
    : Talker{loop, std::move(stream), {}}, ledger_{ledger}, may_be_refused_{may_be_refused}, told_{std::move(told)} {
  begin();
  say(kQuestions);
}

void Inspector::on_heard() {
  while (is_open() && !heard_.empty() && reader_.look(heard_) == ReadStatus::kComplete) {
    const Message message = reader_.message();
    reader_.next();
    heard_.erase(0, message.size);
    if (message.status() != 200) return ledger_.broken("the admin port says " + message.first_line);
    if (inspection_.metrics.empty()) {
      inspection_.metrics = message.body;
      continue;
    }
    inspection_.status = message.body;
    hang_up(false);
    told_(inspection_);
  }
}

void Inspector::on_end(bool) {
  hang_up(false);
  if (!may_be_refused_) ledger_.broken("the admin port has closed without an answer");
}

}  // namespace tenfold::shell
