// A keeper: the small process above one replica, there to leave nothing of it behind.
//
// It runs the replica's init containers one after the other, then its sidecars and its main program, each in a session
// and group of its own, and starts a sidecar that ends again.
//
// It is the subreaper (prctl(2)) of all that the replica starts: a process whose parent ends becomes the keeper's
// child, also one that left its group or session. So "nothing left" is exact: the keeper has no children any more. It
// ends them all when the replica's main process ends unasked, sidecars a second after a SIGTERM, when it is ordered to,
// or when Tenfold is gone, which it sees as the end of its control connection. After a SIGTERM it waits for all of
// them: the main process may be a shell, and what matters below it. If the keeper itself is killed, the kernel kills
// the containers' main processes (PR_SET_PDEATHSIG) and the guardian the rest.
//
// It descends from a fork of Tenfold, which has threads, and therefore uses async-signal-safe calls only.
#pragma once

namespace tenfold::live {

// Descriptors that become a replica's standard output and error.
struct KeeperOutput {
  int out;
  int err;
};

// Runs the replica that `plan` holds, its main program with `handed` as descriptor 3, -1 for none, and its output to
// `output`, and obeys the KeeperOrders that come on `control`. Owns the descriptors.
[[noreturn]] void run_keeper(int control, KeeperOutput output, int plan, int handed) noexcept;

}  // namespace tenfold::live
