// A private directory for as long as its owner lives.
//
// It is locked (flock) meanwhile. So one whose owner was killed is known by its lock being free, and the next owner
// removes it.
#pragma once

#include <string>
#include <string_view>

#include "live/provider/fd.hpp"

namespace tenfold::live {

class RuntimeDirectory {
 public:
  // Makes the directory, with access for its owner alone, and removes those that were left over. For sockets and what
  // else is small and needed while a service runs: under $XDG_RUNTIME_DIR, else in /run or, for who may not write
  // there, in /tmp.
  // Throws std::system_error when none can be made.
  RuntimeDirectory();
  // The same in `parent`, with a name that begins with `prefix`.
  RuntimeDirectory(const std::string& parent, std::string_view prefix);
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
