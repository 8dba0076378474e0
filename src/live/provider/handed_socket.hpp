// A listening socket that a program is started with, as systemd hands one over (sd_listen_fds(3)): descriptor 3.
//
// Such a socket takes connections into its backlog before the program runs, so a connection says nothing. The program
// serves when it has taken one out of the backlog.
#pragma once

#include <string>

#include "live/provider/fd.hpp"

namespace tenfold::live {

class HandedSocket {
 public:
  // None.
  HandedSocket() = default;
  // A unix socket that listens at `path`. Throws std::system_error when there can be none.
  explicit HandedSocket(const std::string& path);

  const Fd& fd() const { return socket_; }
  explicit operator bool() const { return static_cast<bool>(socket_); }

  // Whether the program has taken a connection. The first call makes that connection, and closes it.
  bool is_taken();

  // From now on the program alone has it: who connects after the program's end is refused.
  void let_go() { socket_.reset(); }

 private:
  bool has_connection() const;

  std::string path_;
  Fd socket_;
  bool is_asked_ = false;
};

}  // namespace tenfold::live
