// The zygotes of a provider: one for each revision whose replicas are forks.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/ids.hpp"
#include "live/console.hpp"
#include "live/provider/fd.hpp"
#include "live/provider/guardian.hpp"
#include "live/provider/isolator.hpp"
#include "live/provider/replica_spec.hpp"
#include "live/provider/zygote.hpp"
#include "live/said/said_lines.hpp"

namespace tenfold::live {

// Zygotes and what is forked of them have one isolation: one /tmp, and one directory of sockets, by this name.
inline constexpr const char* kForks = "forks";

// Lives on the loop's thread.
class Zygotes {
 public:
  struct Sinks {
    Console* console = nullptr;
    SaidLines* lines = nullptr;
  };

  // `loop`, `guardian` and `isolator` must outlive it.
  Zygotes(boost::asio::io_context& loop, Guardian& guardian, const Isolator& isolator, Sinks sinks);
  Zygotes(const Zygotes&) = delete;
  Zygotes& operator=(const Zygotes&) = delete;

  // Has a replica of `spec` forked, as Zygote::spawn does, and returns the zygote: the one of this spec, or a new one
  // where there is none or where it has ended. An older one ends with its last replica.
  // Throws std::system_error when the machine gives no process or no descriptor.
  std::shared_ptr<Zygote> spawn(core::ReplicaId replica, const ReplicaSpec& spec, const Fd& control, const Fd& out,
                                const Fd& err, const Fd& plan);

  // The replica is gone.
  void forget(core::ReplicaId replica);

  // Ends all. Returns their control sockets, as Zygote::end does.
  std::vector<Fd> end();

 private:
  struct Entry {
    ReplicaSpec spec;
    std::shared_ptr<Zygote> zygote;
    std::set<core::ReplicaId> replicas;  // that are there
  };

  std::shared_ptr<Zygote> start(const ReplicaSpec& spec);
  void end_unneeded();
  void tell_lost(const std::string& how) const;

  boost::asio::io_context& loop_;
  Guardian& guardian_;
  const Isolator& isolator_;
  Sinks sinks_;
  std::vector<Entry> entries_;
  std::shared_ptr<int> life_ = std::make_shared<int>();  // expires with this
};

}  // namespace tenfold::live
