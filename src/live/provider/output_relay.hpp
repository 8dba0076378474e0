// Passes on what a replica writes to stdout and stderr, line by line, and keeps the end of it.
//
// "[replica 3] " stands before each line on the console, and "[zygote] " before those of a zygote.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "live/console.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

class OutputRelay {
 public:
  // What it reads: one for each stream, so that it is known which a line came on. What a program writes to both comes
  // in the order of each, not of both together.
  struct Pipes {
    Fd out;
    Fd err;
  };
  // Where lines go; either may be null.
  struct Sinks {
    Console* console = nullptr;
    SaidLines* lines = nullptr;
  };

  // Without a replica: of a zygote.
  OutputRelay(boost::asio::io_context& loop, std::optional<core::ReplicaId> replica, Pipes pipes, Sinks sinks);

  // Begins to relay. `owner` keeps this object alive for as long as a read is under way.
  void start(const std::shared_ptr<void>& owner);

  // Relays what the pipes hold now.
  void catch_up();
  // The same, and ends: for a replica that is gone.
  void finish();

  // The last lines, at most 4 KiB.
  std::string last_output() const;

 private:
  struct Lane {
    Console::Stream stream;
    Descriptor pipe;
    std::string partial;  // a line whose end has not come yet
  };

  void wait(Lane& lane, std::shared_ptr<void> owner);
  // Reads what is there, at most `limit` bytes. False at the end of the pipe.
  bool relay_available(Lane& lane, std::size_t limit);
  void take(Lane& lane, std::string_view text);
  void pass_on(Lane& lane);
  void flush();
  void keep(std::string_view line);

  std::optional<core::ReplicaId> replica_;
  std::string prefix_;
  Sinks sinks_;
  std::array<Lane, 2> lanes_;
  std::string pending_;  // lines to be said
  std::string kept_;
};

}  // namespace tenfold::live
