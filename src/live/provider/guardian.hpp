// The guardian: a small process that forks the keepers of replicas and measures what replicas use.
//
// It is forked off once, early, so that each further fork is that of a small process: Tenfold's own would grow with its
// memory. It ends when Tenfold does. If it is killed, replicas and their keepers go on, and the next start makes a new
// one.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <sys/types.h>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "live/provider/descriptor.hpp"
#include "live/provider/fd.hpp"
#include "live/provider/messages.hpp"

namespace tenfold::live {

// Tenfold's side of it. Used on the loop's thread.
class Guardian {
 public:
  using OnUsage = std::function<void(const UsageReport&)>;

  // Forks the process. Throws std::system_error when that fails.
  Guardian(boost::asio::io_context& loop, core::Duration sample_interval, OnUsage on_usage);
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  // Starts a keeper, of a replica or of a zygote, and through it the programs of `plan`, with `out` and `err` as their
  // standard output and error, and the main one with `handed`, if that is there, as descriptor 3. What becomes of it is
  // told on the other end of `control`. Throws std::system_error when the guardian is gone and no new one can be
  // forked.
  void spawn(const SpawnRequest& request, const Fd& control, const Fd& out, const Fd& err, const Fd& plan,
             const Fd& handed = {});

  // Measures `process` and all below it as the replica, until it ends: one that was forked below a zygote's keeper.
  void measure(core::ReplicaId replica, pid_t process);

 private:
  void fork_process();
  void end_process();
  void listen();
  void read_reports();

  boost::asio::io_context& loop_;
  core::Duration sample_interval_;
  OnUsage on_usage_;
  Descriptor socket_;
  // Expires with the connection: a wait that ended just before that still has its handler called.
  std::shared_ptr<int> connection_;
  pid_t process_ = -1;
};

}  // namespace tenfold::live
