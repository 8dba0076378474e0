// Sources: sock_diag(7), proc(5).
#include "live/admin_guard.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {

namespace {

namespace fs = std::filesystem;

// What guardian_process.cpp calls itself: all replicas are below one.
constexpr std::string_view kGuardian = "tenfold-guard";

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// In network order, as both sides have it.
void put(const Address& address, __be32 (&into)[4], __be16& port) {
  if (address.storage.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address.storage);
    std::memcpy(into, &four.sin_addr, sizeof four.sin_addr);
    port = four.sin_port;
  } else {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address.storage);
    std::memcpy(into, &six.sin6_addr, sizeof six.sin6_addr);
    port = six.sin6_port;
  }
}

struct Question {
  nlmsghdr head{.nlmsg_len = sizeof(Question), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST};
  inet_diag_req_v2 request{};
};

// The number of the socket from `from` to `to`, 0 if no process has it any more. Nothing if it is not of this machine.
std::optional<std::uint32_t> inode_of(const Address& from, const Address& to) {
  const Fd netlink{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  Question question;
  question.request.sdiag_family = static_cast<std::uint8_t>(from.storage.ss_family);
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ~0U;
  question.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  put(from, question.request.id.idiag_src, question.request.id.idiag_sport);
  put(to, question.request.id.idiag_dst, question.request.id.idiag_dport);
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  if (!netlink || ::send(netlink.get(), &question, sizeof question, 0) < 0) return std::nullopt;
  const ssize_t size = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  const auto& head = *reinterpret_cast<const nlmsghdr*>(answer.data());
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))) || head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
    return std::nullopt;
  return static_cast<const inet_diag_msg*>(NLMSG_DATA(&head))->idiag_inode;
}

std::string proc_path(pid_t pid, std::string_view what) { return fmt::format("/proc/{}/{}", pid, what); }

// Of one of its threads or of all.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code error;
  for (fs::directory_iterator at{proc_path(pid, "task"), error}, end; !error && at != end; at.increment(error)) {
    std::ifstream file{at->path() / "children"};
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

bool is_guardian(pid_t pid) {
  std::string name;
  std::getline(std::ifstream{proc_path(pid, "comm")}, name);
  return name == kGuardian;
}

bool has_socket(pid_t pid, const std::string& socket) {
  std::error_code error;
  for (fs::directory_iterator at{proc_path(pid, "fd"), error}, end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (fs::read_symlink(at->path(), ignored) == socket) return true;
  }
  return false;
}

}  // namespace

std::optional<pid_t> replica_at(int connected_fd) {
  Address here;
  Address there;
  if (::getsockname(connected_fd, here.get(), &here.size) != 0 ||
      ::getpeername(connected_fd, there.get(), &there.size) != 0)
    return std::nullopt;
  if (here.storage.ss_family != AF_INET && here.storage.ss_family != AF_INET6) return std::nullopt;
  const auto inode = inode_of(there, here);
  if (!inode) return std::nullopt;
  if (*inode == 0) return 0;
  const std::string socket = fmt::format("socket:[{}]", *inode);
  std::vector<pid_t> below;
  for (const pid_t child : children_of(::getpid())) {
    if (is_guardian(child)) below.push_back(child);
  }
  while (!below.empty()) {
    const pid_t pid = below.back();
    below.pop_back();
    if (has_socket(pid, socket)) return pid;
    const std::vector<pid_t> children = children_of(pid);
    below.insert(below.end(), children.begin(), children.end());
  }
  return std::nullopt;
}

bool tells_children() { return ::access(fmt::format("/proc/self/task/{}/children", ::getpid()).c_str(), R_OK) == 0; }

}  // namespace tenfold::live
