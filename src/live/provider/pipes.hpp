// What Tenfold and the processes that it starts talk through. Each throws std::system_error when the machine gives no
// descriptor.
#pragma once

#include <utility>

#include "live/provider/fd.hpp"

namespace tenfold::live {

// The reading end and the writing end.
std::pair<Fd, Fd> make_pipe();

// Of a connection that keeps packets apart.
std::pair<Fd, Fd> make_control_sockets();

}  // namespace tenfold::live
