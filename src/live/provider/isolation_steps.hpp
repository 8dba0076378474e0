// The steps by which a process sets itself apart, for good: neither it nor what it starts has a way back.
// Async-signal-safe.
#pragma once

#include "config/isolation.hpp"

namespace tenfold::live {

// What is done, and with what.
struct IsolationView {
  config::IsolationParts parts;
  // Of kTmp: the directories that are mounted on /tmp and on /var/tmp.
  const char* tmp = nullptr;
  const char* var_tmp = nullptr;
  // Of kSockets: the directory of the sockets of all replicas, and the one in it that it is to see.
  const char* sockets = nullptr;
  const char* own_sockets = nullptr;
};

// Takes all steps of `what`. Returns 0, or the errno of the first that fails; what was done before that stays.
int isolate(const IsolationView& what) noexcept;

}  // namespace tenfold::live
