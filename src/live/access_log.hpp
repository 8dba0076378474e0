// A line for each request.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/app_config.hpp"
#include "live/console.hpp"
#include "live/log.hpp"
#include "live/observer.hpp"
#include "live/provider/fd.hpp"

namespace tenfold::live {

// Told when a request has ended: who asked for what, what it was answered, where its time went, and why if it was not
// its replica that answered. As text for people, or as one JSON object a line:
//
//   2026-11-29T18:40:01.123Z 127.0.0.1 POST /solve 200 1.234 s: queue 0.201, start 0.100, solve 0.933 s on replica 3;
//   12 B in, 80 B out; k2x-17
//
// What is no request (a head that cannot be read) has no line. It never waits for a reader: see Console.
class AccessLog final : public Observer {
 public:
  // Everything is borrowed. Lines go to `stream` of `console`.
  AccessLog(Console& console, Console::Stream stream, config::LogFormat format, WallClock clock);

  void configure(config::LogFormat format) { format_ = format; }
  // From now on lines go there.
  void write_to(Console& console) { console_ = &console; }

  void stepped(core::TimePoint now, const core::Event& event, const core::Actions& actions,
               const core::Service& service) override;
  void request_opened(core::TimePoint now, const RequestSeen& request) override;
  void client_left(core::TimePoint now, core::RequestId request) override;
  void request_ended(core::TimePoint now, core::RequestId request, const ExchangeFacts& facts) override;

 private:
  // What is known of a request before its end.
  struct Entry {
    std::string name;
    std::string method;
    std::string target;
    std::string client;
    std::string_view why;  // a word of the core's, or ours
    TraceId trace;
  };
  struct Spans;

  std::string to_text(const Entry& entry, const ExchangeFacts& facts, const Spans& spans) const;
  std::string to_json(const Entry& entry, core::RequestId id, const ExchangeFacts& facts, const Spans& spans) const;

  Console* console_;
  Console::Stream stream_;
  config::LogFormat format_;
  WallClock clock_;
  std::unordered_map<core::RequestId, Entry> open_;
};

// A console whose output is a file, for an access log that has one of its own. The error says what is wrong with the
// file.
class LogFile {
 public:
  static std::expected<std::unique_ptr<LogFile>, std::string> open(const std::string& path);

  Console& console() { return console_; }

 private:
  explicit LogFile(Fd fd) : fd_{std::move(fd)}, console_{fd_.get(), fd_.get()} {}

  Fd fd_;
  StreamConsole console_;
};

}  // namespace tenfold::live
