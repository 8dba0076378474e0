// Passes on what a replica writes to stdout and stderr, line by line, and keeps the end of it.
//
// "[replica 3] " stands before each line. The loop never waits for a reader of ours: lines that find our own output
// full are dropped, and their number is told where they are missing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"

namespace tenfold::live {

class OutputRelay {
 public:
  // Reads from `pipe` and writes to `sink`; -1 writes nowhere.
  OutputRelay(boost::asio::io_context& loop, core::ReplicaId replica, Fd pipe, int sink);

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
  int sink_;
  std::string partial_;  // a line whose end has not come yet
  std::string pending_;  // lines to be written
  std::string kept_;
  std::uint64_t dropped_ = 0;
};

}  // namespace tenfold::live
