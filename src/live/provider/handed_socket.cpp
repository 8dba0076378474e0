#include "live/provider/handed_socket.hpp"

#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

#include "live/provider/readiness.hpp"

namespace tenfold::live {

HandedSocket::HandedSocket(const std::string& path)
    : path_{path}, socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  const std::optional<sockaddr_un> address = unix_address(path);
  const auto* const generic = address ? reinterpret_cast<const sockaddr*>(&*address) : nullptr;
  if (!generic) errno = ENAMETOOLONG;
  if (!socket_ || !generic || ::bind(socket_.get(), generic, sizeof *address) != 0 ||
      ::listen(socket_.get(), SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), "making the program's listening socket");
}

bool HandedSocket::is_taken() {
  if (!is_asked_) is_asked_ = accepts_unix(path_);
  return is_asked_ && !has_connection();
}

bool HandedSocket::has_connection() const {
  pollfd waiting{socket_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) != 0;
}

}  // namespace tenfold::live
