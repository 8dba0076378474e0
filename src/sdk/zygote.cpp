#include "sdk/zygote.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/zygote_protocol.hpp"

namespace tenfold {

namespace {

// The program's ELF note, by which Tenfold knows that it can be a zygote.
static_assert(std::string_view{kZygoteNote} == "Tenfold" && kZygoteNoteType == 1 && kZygoteVersion == 1);
asm(R"(
  .pushsection .note.tenfold, "a", %note
  .balign 4
  .long 8, 4, 1
  .asciz "Tenfold"
  .long 1
  .popsection
)");

#if defined(__SANITIZE_THREAD__)
constexpr std::size_t kThreads = 2;  // the sanitizer has one
#else
constexpr std::size_t kThreads = 1;
#endif

struct Order {
  std::array<char, kMaxOrderBytes> variables{};  // each with its closing zero
  std::size_t size = 0;
  int out = -1;
  int err = -1;
  int gate = -1;
};

// False at the end of the connection.
bool receive(int socket, Order& order) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kForkDescriptors * sizeof(int))> space{};
  iovec part{order.variables.data(), order.variables.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  const cmsghdr* header = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  std::array<int, kForkDescriptors> fds{};
  if (header == nullptr || header->cmsg_len != CMSG_LEN(sizeof fds)) return false;
  std::memcpy(fds.data(), CMSG_DATA(header), sizeof fds);
  order.size = static_cast<std::size_t>(n);
  order.out = fds[0];
  order.err = fds[1];
  order.gate = fds[2];
  return true;
}

void answer(int socket, std::int32_t number) { ::send(socket, &number, sizeof number, MSG_NOSIGNAL); }

// Forks a process whose parent has ended by the time that this returns. Returns 0 in it, and its number here, or an
// errno, negated.
//
// The parent that ends shares this process's memory (vfork), so that its page tables are copied once and not twice. It
// runs nothing but fork, which copies the stack to the new process while this one sleeps.
#if defined(__SANITIZE_THREAD__)
// The thread sanitizer makes a fork of vfork: then the number comes by a pipe.
pid_t fork_orphan() {
  std::array<int, 2> told{};
  if (::pipe2(told.data(), O_CLOEXEC) != 0) return -errno;
  const pid_t parent = ::fork();
  if (parent == 0) {
    const pid_t forked = ::fork();
    if (forked != 0) {
      const pid_t number = forked < 0 ? -errno : forked;
      ::_exit(::write(told[1], &number, sizeof number) == sizeof number ? 0 : 1);
    }
  }
  pid_t orphan = parent < 0 ? -errno : -EIO;
  ::close(told[1]);
  if (parent > 0 && ::read(told[0], &orphan, sizeof orphan) != sizeof orphan) orphan = -EIO;
  ::close(told[0]);
  if (parent == 0) return 0;
  while (parent > 0 && ::waitpid(parent, nullptr, 0) < 0 && errno == EINTR) {
  }
  return orphan;
}
#else
pid_t fork_orphan() {
  volatile pid_t orphan = 0;
  const pid_t parent = ::vfork();  // NOLINT(bugprone-unsafe-functions,clang-analyzer-unix.Vfork)
  if (parent == 0) {
    const pid_t forked = ::fork();
    if (forked == 0) return 0;
    orphan = forked < 0 ? -errno : forked;
    ::_exit(0);
  }
  if (parent < 0) return -errno;
  while (::waitpid(parent, nullptr, 0) < 0 && errno == EINTR) {
  }
  return orphan;
}
#endif

// In the new replica. It does not go on if its keeper is gone.
void become_replica(const Order& order) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::dup2(order.out, STDOUT_FILENO);
  ::dup2(order.err, STDERR_FILENO);
  ::close(order.out);
  ::close(order.err);
  char byte = 0;
  ssize_t n = 0;
  do {
    n = ::read(order.gate, &byte, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) ::_exit(EXIT_FAILURE);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(order.gate);
  for (std::string_view rest{order.variables.data(), order.size}; !rest.empty();) {
    const std::string variable{rest.substr(0, rest.find('\0'))};
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos) ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    rest.remove_prefix(variable.size() + 1);
  }
}

}  // namespace

std::optional<int> zygote_socket() {
  const char* told = std::getenv(kZygoteVariable);
  if (told == nullptr) return std::nullopt;
  const int socket = std::atoi(told);
  ::unsetenv(kZygoteVariable);
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  return socket;
}

std::expected<void, std::string> check_single_threaded() {
  std::vector<std::string> names;
  std::error_code error;
  std::string name;
  const std::string self = std::to_string(::getpid());
  for (std::filesystem::directory_iterator at{"/proc/self/task", error}, end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename() != self && std::getline(std::ifstream{at->path() / "comm"}, name)) names.push_back(name);
  }
  if (names.size() < kThreads) return {};
  return std::unexpected(fmt::format(
      "{} thread{} run{} before serve(): {}. A replica is a fork of this process and would not have {}: start {} in a "
      "hook of after_fork(), or run the service with --start exec",
      names.size(), names.size() == 1 ? "" : "s", names.size() == 1 ? "s" : "", fmt::join(names, ", "),
      names.size() == 1 ? "it" : "them", names.size() == 1 ? "it" : "them"));
}

Fork fork_replicas(int socket) {
  std::signal(SIGCHLD, SIG_DFL);  // else nobody could be waited for
  answer(socket, 0);
  for (;;) {
    Order order;
    if (!receive(socket, order)) return Fork::kZygote;
    // What is not written yet would be written by each replica.
    std::fflush(nullptr);
    std::cout.flush();
    const pid_t replica = fork_orphan();
    if (replica == 0) {
      ::close(socket);
      become_replica(order);
      return Fork::kReplica;
    }
    answer(socket, replica);
    for (const int fd : {order.out, order.err, order.gate}) ::close(fd);
  }
}

}  // namespace tenfold
