// What a replica says on $NOTIFY_SOCKET: systemd's sd_notify protocol, lines of NAME=VALUE in a datagram.
#pragma once

#include <string_view>

namespace tenfold::live {

struct Notice {
  // READY=1: it serves now.
  bool is_ready = false;
  // X_TENFOLD_CANCELS=1: it stops working on a request whose connection is closed.
  bool cancels = false;
};

// Lines that mean nothing here are skipped.
Notice parse_notice(std::string_view datagram);

}  // namespace tenfold::live
