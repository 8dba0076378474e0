// A program that is run to its end beside the service, without the loop waiting for it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <sys/types.h>

#include "live/provider/descriptor.hpp"

namespace tenfold::live {

// Takes what the service leaves over: the lowest priority of the CPU, and the first to go where memory is short. It
// ends with this object, by SIGKILL; if Tenfold itself is killed, at the end of its CPU time.
//
// On the loop's thread. Held by a shared pointer, which its own waits share.
class ChildRun : public std::enable_shared_from_this<ChildRun> {
 public:
  struct Limits {
    std::chrono::seconds time;  // by the clock, and of CPU
    std::size_t output;         // bytes of each stream; beyond it is killed
  };
  struct Result {
    enum class End : std::uint8_t { kExited, kSignaled, kTooLong, kTooMuch, kNotStarted };
    End end = End::kNotStarted;
    int code = 0;  // its exit status, the signal, or the errno of a start that failed
    std::string out;
    std::string err;
  };
  using Done = std::function<void(const Result&)>;

  // `argv` begins with the program's path. `done` is called once, from the loop, unless `stop` is before.
  ChildRun(boost::asio::io_context& loop, std::vector<std::string> argv, Limits limits, Done done);
  ~ChildRun();
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;

  void start();
  // Nobody wants the result any more.
  void stop();

 private:
  struct Stream {
    Descriptor pipe;
    std::string text;
  };

  // The errno of a start that failed, 0 of one that did not.
  int spawn();
  void read_later(Stream& stream);
  void read(Stream& stream);
  void kill();
  void end_when_gone();
  void finish(Result::End end, int code);

  boost::asio::io_context& loop_;
  std::vector<std::string> argv_;
  Limits limits_;
  Done done_;
  std::array<Stream, 2> streams_;  // its standard output and error
  SteadyTimer limit_timer_;
  SteadyTimer end_timer_;
  pid_t pid_ = 0;  // 0: it has not begun, or was waited for
  Result result_;
};

}  // namespace tenfold::live
