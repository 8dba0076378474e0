// A private directory for the sockets of replicas, under $XDG_RUNTIME_DIR or /tmp.
//
// It is locked (flock) while its owner lives. So one whose owner was killed is known by its lock being free, and the
// next owner removes it.
#pragma once

#include <string>

#include "live/provider/fd.hpp"

namespace tenfold::live {

class RuntimeDirectory {
 public:
  // Makes the directory, with access for its owner alone, and removes those that were left over. Throws
  // std::system_error when none can be made.
  RuntimeDirectory();
  // Removes it with what it holds.
  ~RuntimeDirectory();
  RuntimeDirectory(const RuntimeDirectory&) = delete;
  RuntimeDirectory& operator=(const RuntimeDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Fd lock_;
};

}  // namespace tenfold::live
