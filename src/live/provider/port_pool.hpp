// Free TCP ports on 127.0.0.1 for replicas.
//
// A port is chosen some time before the replica binds it: seconds, for a slow starter. So it is taken from below the
// range from which the kernel gives outgoing connections theirs, where only another server can be in the way; and a
// port is not given again until the pool has gone round.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace tenfold::live {

class PortPool {
 public:
  PortPool();

  // A port on which nobody listens and that no connection uses now.
  std::expected<std::uint16_t, std::string> take();

 private:
  std::uint32_t first_;
  std::uint32_t last_;
  std::uint32_t next_;
};

}  // namespace tenfold::live
