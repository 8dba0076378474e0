#include "live/access_log.hpp"

#include <cerrno>
#include <cstring>
#include <variant>

#include <fcntl.h>
#include <fmt/format.h>

#include "core/words.hpp"

namespace tenfold::live {

namespace {

// A target, a method or an id that is longer stands for an attack, not for a service.
constexpr std::size_t kLongest = 1024;

// In a line of text nothing of a client's may look like something else of it.
std::string one_word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
  return out.empty() ? "-" : out;
}

// Where nothing is traced here, its client's word.
TraceId trace_of(const RequestSeen& request) {
  if (request.trace.is_traced() || !request.head) return request.trace.id;
  const auto field = request.head->find("traceparent");
  const auto parent = field ? parse_traceparent(*field) : std::nullopt;
  return parent ? parent->trace : TraceId{};
}

}  // namespace

// Where a request's time went. What it waited after a lost attempt counts as waiting, as does that attempt.
struct AccessLog::Spans {
  Spans(core::TimePoint ended, const ExchangeFacts& facts) {
    const bool arrived = facts.arrived != core::TimePoint{};
    const core::TimePoint end = std::max(ended, facts.opened);
    upload = (arrived ? facts.arrived : end) - facts.opened;
    total = end - facts.opened;
    if (!arrived) return;
    const Attempt& last = facts.last();
    if (!facts.had_slot()) {
      queue = end - facts.arrived;
      return;
    }
    start = last.cold_start;
    queue = last.dispatched - facts.arrived - start;
    solve = (last.done == core::TimePoint{} ? end : last.done) - last.dispatched;
  }

  core::Duration upload{};
  core::Duration queue{};
  core::Duration start{};
  core::Duration solve{};
  core::Duration total{};
};

AccessLog::AccessLog(Console& console, Console::Stream stream, config::LogFormat format, WallClock clock)
    : console_{&console}, stream_{stream}, format_{format}, clock_{std::move(clock)} {}

void AccessLog::stepped(core::TimePoint, const core::Event&, const core::Actions& actions, const core::Service&) {
  for (const core::Action& action : actions) {
    const auto* reject = std::get_if<core::Reject>(&action);
    if (!reject) continue;
    if (const auto found = open_.find(reject->request); found != open_.end())
      found->second.why = core::to_word(reject->reason);
  }
}

void AccessLog::request_opened(core::TimePoint, const RequestSeen& request) {
  open_[request.id] = {.name = std::string{request.name.substr(0, kLongest)},
                       .method = std::string{request.method.substr(0, kLongest)},
                       .target = std::string{request.target.substr(0, kLongest)},
                       .client = std::string{request.client},
                       .trace = trace_of(request)};
}

void AccessLog::client_left(core::TimePoint, core::RequestId request) {
  if (const auto found = open_.find(request); found != open_.end()) found->second.why = "client left";
}

void AccessLog::request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) {
  const auto found = open_.find(request);
  if (found == open_.end()) return;
  const Entry& entry = found->second;
  const Spans spans{now, facts};
  const bool is_json = format_ == config::LogFormat::kJson;
  console_->say(stream_, is_json ? to_json(entry, request, facts, spans) : to_text(entry, facts, spans));
  open_.erase(found);
}

std::string AccessLog::to_text(const Entry& entry, const ExchangeFacts& facts, const Spans& spans) const {
  std::string out = fmt::format("{} {} {} {} {} {:.3f} s: queue {:.3f}", to_iso8601(clock_()), one_word(entry.client),
                                one_word(entry.method), one_word(entry.target), facts.status,
                                core::to_seconds(spans.total), core::to_seconds(spans.queue));
  if (facts.had_slot()) {
    const Attempt& last = facts.last();
    fmt::format_to(std::back_inserter(out), ", start {:.3f}, solve {:.3f} s on replica {}",
                   core::to_seconds(spans.start), core::to_seconds(spans.solve), core::to_number(last.replica));
    if (facts.attempts > 1) fmt::format_to(std::back_inserter(out), ", attempt {}", facts.attempts);
  } else {
    out += " s";
  }
  fmt::format_to(std::back_inserter(out), "; {} B in, {} B out; {}", facts.request_bytes, facts.answer_bytes,
                 one_word(entry.name));
  if (entry.trace.is_valid()) fmt::format_to(std::back_inserter(out), "; trace {}", to_hex(entry.trace));
  if (!entry.why.empty()) fmt::format_to(std::back_inserter(out), "; {}", entry.why);
  return out + '\n';
}

std::string AccessLog::to_json(const Entry& entry, core::RequestId id, const ExchangeFacts& facts,
                               const Spans& spans) const {
  std::string out = fmt::format(
      R"({{"time":"{}","request":{},"id":{},"client":{},"method":{},"target":{},"status":{},"total_s":{:.6f},)"
      R"("upload_s":{:.6f},"queue_s":{:.6f},"cold_start_s":{:.6f},"solve_s":{:.6f},"replica":{},"attempts":{},)"
      R"("request_bytes":{},"answer_bytes":{},"trace":{},"why":{}}})",
      to_iso8601(clock_()), core::to_number(id), to_json_string(entry.name), to_json_string(entry.client),
      to_json_string(entry.method), to_json_string(entry.target), facts.status, core::to_seconds(spans.total),
      core::to_seconds(spans.upload), core::to_seconds(spans.queue), core::to_seconds(spans.start),
      core::to_seconds(spans.solve),
      facts.had_slot() ? fmt::format("{}", core::to_number(facts.last().replica)) : "null", facts.attempts,
      facts.request_bytes, facts.answer_bytes,
      entry.trace.is_valid() ? fmt::format("\"{}\"", to_hex(entry.trace)) : "null",
      entry.why.empty() ? "null" : to_json_string(entry.why));
  return out + '\n';
}

std::expected<std::unique_ptr<LogFile>, std::string> LogFile::open(const std::string& path) {
  Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)};
  if (fd.get() < 0) return std::unexpected(fmt::format("the access log {}: {}", path, std::strerror(errno)));
  return std::unique_ptr<LogFile>{new LogFile{std::move(fd)}};
}

}  // namespace tenfold::live
