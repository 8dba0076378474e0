// Keeps replicas from the admin port, which is for operators: it tells what all requests were, and changes the service.
//
// A network of their own would keep them from it, and from everything else. So it is looked who connects: the kernel
// tells which socket is at the other end of a connection within this machine, and /proc whose it is. That is no wall
// for a program that wants through: it can have somebody ask who is no process of a replica, and where Tenfold is not
// root it can hide its descriptors (PR_SET_DUMPABLE). A token (--admin-token-file) in a file that it cannot read is
// one.
#pragma once

#include <optional>

#include <sys/types.h>

namespace tenfold::live {

// The process of a replica of ours that is at the other end of the connection: 0 where it has closed that end already.
// Nothing if there is none, or if it is not known who it is.
std::optional<pid_t> replica_at(int connected_fd);

// Whether the kernel tells who is whose child, without which it is never known.
bool tells_children();

}  // namespace tenfold::live
