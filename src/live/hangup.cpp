#include "live/hangup.hpp"

#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace tenfold::live {

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

bool is_hangup_ignored() {
  struct sigaction action{};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace tenfold::live
