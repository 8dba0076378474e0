// What runs replicas: processes on this machine today, pods some day. Nothing above this interface knows which.
//
//   class Ingress : public ProviderListener { ... };
//   provider.start(core::ReplicaId{1}, spec); // then replica_ready or replica_exited
//   provider.stop(core::ReplicaId{1}, 30s);   // then replica_exited
//
// All calls come from the loop's thread, and all callbacks run on it, never from within a call: a listener may call
// the provider from its callbacks.
#pragma once

#include <cstdint>
#include <string>

#include "core/events.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"
#include "http/endpoint.hpp"
#include "live/provider/replica_spec.hpp"

namespace tenfold::live {

// Where a replica serves.
struct ReplicaAddress {
  http::Endpoint endpoint;
  // Its main process, for people who look for it; 0 where it is not a process of this machine.
  std::int64_t pid = 0;
  // It has said that it stops working on a request whose connection is closed.
  bool cancels = false;
  core::StartWay way = core::StartWay::kExec;
};

// How a replica ended, in numbers for the core and in words for people.
struct ReplicaExit {
  core::ExitKind kind = core::ExitKind::kExited;
  // The exit status, the signal, or the errno that kept it from starting.
  std::int32_t code = 0;
  // One sentence without its subject: "exited with status 127", "was not ready after 60 s: it listens neither on ...".
  std::string description;
  // The kernel ended it because it had no memory for it.
  bool is_out_of_memory = false;
  // The end of what it wrote to stdout and stderr, at most 4 KiB, whole lines.
  std::string last_output;
};

// What a replica, with all its processes, used since the sample before.
struct ReplicaUsage {
  core::Duration cpu{};
  core::Duration wall{};
  core::Bytes memory{};
  // How long its threads, all together, could have computed and had no CPU; of those that have ended meanwhile nothing.
  core::Duration cpu_wait{};
};

// Told what becomes of replicas.
class ProviderListener {
 public:
  // It accepts connections at `address`. At most once, and never after `stop`.
  virtual void replica_ready(core::ReplicaId replica, const ReplicaAddress& address) = 0;

  // It was ready and fails a probe. After its readiness probe it may pass again, and that is told. `why` is a sentence
  // without its end: "its liveness probe GET /healthz was answered 503, 3 times in a row". Never after `stop`.
  virtual void probe_failed(core::ReplicaId replica, core::Probe probe, const std::string& why) = 0;
  virtual void readiness_passed(core::ReplicaId replica) = 0;

  // It is gone, with everything it had started. Exactly once for each started replica: the last word about it.
  virtual void replica_exited(core::ReplicaId replica, const ReplicaExit& exit) = 0;

  // Periodically, from its start to its exit.
  virtual void usage_sampled(core::ReplicaId replica, const ReplicaUsage& usage) = 0;

 protected:
  ~ProviderListener() = default;
};

class Provider {
 public:
  virtual ~Provider() = default;

  // Starts a replica as `spec` has it, under an id that was never used before. What goes wrong is told by
  // replica_exited.
  virtual void start(core::ReplicaId replica, const ReplicaSpec& spec) = 0;

  // Nothing new will be sent to the replica. A provider that routes by itself takes it off its list.
  virtual void drain(core::ReplicaId replica) = 0;

  // Asks the replica to end, and makes it end after `grace`; at once if that is zero. A second call may shorten the
  // grace. Harmless for a replica that has ended.
  virtual void stop(core::ReplicaId replica, core::Duration grace) = 0;

  // Whether the replica's end has begun, though replica_exited has not told it yet: its connections end one after the
  // other, and the last that goes may be the one that listens.
  virtual bool is_ending(core::ReplicaId replica) const = 0;

  // Whether the kernel ended the replica, or a process of it, for want of memory: just now, or as the last that became
  // of it.
  virtual bool is_out_of_memory(core::ReplicaId replica) const = 0;
};

}  // namespace tenfold::live
