// Passes on what a replica writes to stdout and stderr, line by line, and keeps the end of it.
//
// "[replica 3] " stands before each line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "live/console.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"

namespace tenfold::live {

class OutputRelay {
 public:
  // Reads from `pipe` and says it on `console`, which may be null: then it is only kept.
  OutputRelay(boost::asio::io_context& loop, core::ReplicaId replica, Fd pipe, Console* console);

  // Begins to relay. `owner` keeps this object alive for as long as a read is under way.
  void start(std::shared_ptr<void> owner);

  // Relays what the pipe holds now and ends: for a replica that is gone.
  void finish();

  // The last whole lines, at most 4 KiB.
  std::string last_output() const;

 private:
  void wait(std::shared_ptr<void> owner);
  // Reads what is there, at most `limit` bytes. False at the end of the pipe.
  bool relay_available(std::size_t limit);
  void take(std::string_view text);
  void pass_on(std::string_view line);
  void flush();
  void keep(std::string_view text);

  std::string prefix_;
  Descriptor pipe_;
  Console* console_;
  std::string partial_;  // a line whose end has not come yet
  std::string pending_;  // lines to be said
  std::string kept_;
};

}  // namespace tenfold::live
