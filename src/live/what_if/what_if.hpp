// What the last minutes would have been under other settings, over the admin API.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "http/server_connection.hpp"
#include "live/clock.hpp"
#include "live/what_if/child_run.hpp"
#include "live/what_if/question.hpp"

namespace tenfold::live {

// Answers a POST whose body is a question (WhatIfQuestion). A simulation takes its time, so it is a program of its own
// that reads the journal, beside the service and after it; one at a time, and none for longer than kLongest.
//
//   {"command":"tenfold what-if ...","result":{...}}        200
//
// Refused are: what is no question (415, 413, 422), where something is asked already (503), where there is no answer
// (409) or none in time (504).
class WhatIf final : private http::ExchangeHandler {
 public:
  static constexpr std::chrono::seconds kLongest{30};

  WhatIf(boost::asio::io_context& loop, std::filesystem::path journal, WhatIfCommands commands, WallClock clock);
  ~WhatIf();
  WhatIf(const WhatIf&) = delete;
  WhatIf& operator=(const WhatIf&) = delete;

  // Takes over the request, whose head is there.
  void answer(http::ServerConnection& connection);

 private:
  void on_body(http::ServerConnection& connection) override;
  void on_writable(http::ServerConnection&) override {}
  void on_gone(http::ServerConnection& connection) override;

  void ask(const WhatIfQuestion& question);
  void tell(const std::string& shown, const ChildRun::Result& result);
  void refuse(int status, const std::string& detail);

  boost::asio::io_context& loop_;
  std::filesystem::path journal_;
  WhatIfCommands commands_;
  WallClock clock_;
  http::ServerConnection* connection_ = nullptr;  // whose question is being answered
  std::string body_;
  std::shared_ptr<ChildRun> child_;
};

}  // namespace tenfold::live
