// What Tenfold, the guardian and the keepers say to each other: plain structs, one a packet, over sequential-packet
// sockets between processes of the same program.
#pragma once

#include <cstdint>

namespace tenfold::live {

// Tenfold to the guardian, and of a replica to a zygote's keeper. But for kMeasure with descriptors in this order: the
// keeper's end of the control socket, standard output and standard error, the launch plan, and, of a replica that is
// started with its listening socket, that.
struct SpawnRequest {
  enum class Kind : std::uint8_t {
    kReplica,  // to the guardian: a keeper, and below it the plan's programs; to a zygote's keeper: a fork of the
               // zygote
    kZygote,   // a zygote's keeper, and below it the zygote
    kMeasure,  // `pid` is the main process of a replica that a zygote's keeper has had forked: it is measured
  };
  Kind kind = Kind::kReplica;
  std::uint32_t replica = 0;
  std::int32_t pid = 0;
};
inline constexpr int kSpawnDescriptors = 5;

// The guardian to Tenfold: what a replica used since its start, and the machine's steady clock when that was read.
struct UsageReport {
  std::uint32_t replica = 0;
  std::int64_t cpu_ns = 0;
  std::int64_t cpu_wait_ns = 0;
  std::int64_t at_ns = 0;
  std::uint64_t resident_bytes = 0;
};

// Tenfold to a keeper. The end of the connection means kKill.
enum class KeeperOrder : std::uint8_t {
  kTerminate,  // SIGTERM to the replica's process group; the keeper then waits for all that it started
  kKill,       // SIGKILL to all that the replica ever started
};

// A keeper to Tenfold: kInitStarted for each init container, kStarted, kSidecarEnded as often as one ends, and kEnded;
// or at any time before kStarted, kNotStarted or kEnded as the last one. Nothing of the replica is left at the last
// one but its control groups, which the keeper removes when Tenfold has closed its end.
// Of a zygote: kStarted when it forks replicas from now on, kNotStarted or kEnded as the last one.
struct KeeperReport {
  enum class Kind : std::uint8_t { kInitStarted, kStarted, kSidecarEnded, kNotStarted, kEnded };
  // What failed where `code` is not 0: kNotStarted, and kSidecarEnded for one that could not be run.
  enum class Step : std::uint8_t { kFork, kEnterGroup, kChangeDirectory, kIsolate, kExecute, kZygote };
  Kind kind = Kind::kStarted;
  Step step = Step::kFork;
  // Of whom, by its place in the launch plan. kEnded: an init container that failed, else the main program.
  std::uint32_t container = 0;
  std::int32_t pid = 0;  // kStarted
  // An errno. Of kZygote 0 if it has ended.
  std::int32_t code = 0;
  std::int32_t status = 0;    // kSidecarEnded, kEnded, kNotStarted because of kZygote: as waitpid gives it
  std::int32_t pause_ms = 0;  // kSidecarEnded: until it is started again
};

}  // namespace tenfold::live
