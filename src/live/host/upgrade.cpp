#include "live/host/upgrade.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <expected>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/host/handed_sockets.hpp"
#include "live/host/service_manager.hpp"
#include "live/provider/words.hpp"

extern char** environ;

namespace tenfold::live {

namespace {

// Where descriptors are put that must not be in the way of those that are handed over.
constexpr int kOutOfTheWay = 128;

// What is told to this process alone.
constexpr std::array<std::string_view, 5> kOwn{
    "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", "TENFOLD_UPGRADE_SOCKET="};

// The binary that lies where this one's was: another one, if it was replaced since.
std::expected<std::string, std::string> program_path() {
  constexpr std::string_view kReplaced = " (deleted)";
  std::error_code error;
  std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return std::unexpected(fmt::format("/proc/self/exe: {}", error.message()));
  if (path.ends_with(kReplaced)) path.resize(path.size() - kReplaced.size());
  if (::access(path.c_str(), X_OK) != 0) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return path;
}

std::vector<std::string> own_arguments() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> arguments;
  for (std::string word; std::getline(file, word, '\0');) arguments.push_back(word);
  return arguments;
}

std::vector<std::string> environment_for(const Upgrade::Doors& doors, const std::string& address) {
  std::vector<std::string> made;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const bool is_own = std::ranges::any_of(kOwn, [&](std::string_view name) { return text.starts_with(name); });
    if (!is_own) made.emplace_back(text);
  }
  std::string names;
  for (std::size_t i = 0; i < doors.service.size(); ++i) names += "http:";
  for (std::size_t i = 0; i < doors.admin.size(); ++i) names += "admin:";
  if (!names.empty()) names.pop_back();
  made.push_back(fmt::format("LISTEN_FDS={}", doors.service.size() + doors.admin.size()));
  made.push_back("LISTEN_FDNAMES=" + names);
  made.push_back(fmt::format("{}={}", kUpgradeSocket, address));
  return made;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  made.reserve(texts.size() + 1);
  for (std::string& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

}  // namespace

Upgrade::Upgrade(boost::asio::io_context& loop, Callbacks callbacks)
    : loop_{loop}, callbacks_{std::move(callbacks)}, socket_{loop}, end_{loop}, timer_{loop} {}

Upgrade::~Upgrade() { cancel(); }

void Upgrade::cancel() {
  if (is_under_way()) ::kill(successor_, SIGTERM);
}

std::optional<std::string> Upgrade::begin(const Doors& doors, std::chrono::milliseconds patience) {
  if (is_under_way()) return "an upgrade is under way already";
  if (::getpid() == 1) return "this is process 1, and its container ends with it: start a new container instead";
  const auto program = program_path();
  if (!program) return program.error();
  if (auto error = open_socket()) return error;
  why_failed_.clear();
  last_words_.clear();
  is_too_late_ = false;
  patience_ = patience;
  if (const int error = spawn(*program, doors); error != 0) {
    socket_.close();
    return fmt::format("{}: {}", *program, std::strerror(error));
  }
  listen();
  watch_end();
  timer_.expires_after(patience);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !is_under_way()) return;
    is_too_late_ = true;
    ::kill(successor_, SIGTERM);
  });
  return std::nullopt;
}

// An abstract name that the kernel chooses: it leaves nothing behind. That it is the successor who speaks, the kernel
// tells with each datagram.
std::optional<std::string> Upgrade::open_socket() {
  const auto wrong = [] { return fmt::format("a socket for the new process: {}", std::strerror(errno)); };
  Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  socklen_t size = sizeof name.sun_family;
  const int yes = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0)
    return wrong();
  size = sizeof name;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return wrong();
  address_ = "@" + std::string{name.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1};
  socket_ = Descriptor{loop_, socket.release()};
  return std::nullopt;
}

// In our group, session and terminal: it is the same service to who started us. Returns 0 or an errno.
int Upgrade::spawn(const std::string& program, const Doors& doors) {
  std::vector<std::string> arguments = own_arguments();
  std::vector<std::string> environment = environment_for(doors, address_);
  std::vector<int> all = doors.service;
  all.insert(all.end(), doors.admin.begin(), doors.admin.end());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  std::vector<Fd> copies;
  for (std::size_t i = 0; i < all.size(); ++i) {
    copies.emplace_back(::fcntl(all[i], F_DUPFD_CLOEXEC, kOutOfTheWay));
    ::posix_spawn_file_actions_adddup2(&actions, copies.back().get(), kFirstHanded + static_cast<int>(i));
  }
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, nullptr, pointers(arguments).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) successor_ = pid;
  return error;
}

void Upgrade::listen() {
  socket_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error || !is_under_way()) return;
    while (is_under_way() && hear()) {
    }
    if (is_under_way()) listen();
  });
}

bool Upgrade::hear() {
  std::array<char, 4096> room;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> space{};
  iovec part{room.data(), room.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  const ssize_t size = ::recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return false;
  ucred sender{};
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_CREDENTIALS) std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
  if (size > 0 && sender.pid == successor_) {
    constexpr std::string_view kStatus = "STATUS=";
    std::string_view text{room.data(), static_cast<std::size_t>(size)};
    bool is_ready = false;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      is_ready |= line == "READY=1";
      if (line.starts_with(kStatus)) last_words_ = line.substr(kStatus.size());
    }
    if (is_ready && !is_too_late_) {
      timer_.cancel();
      socket_.close();
      end_.close();
      callbacks_.done(std::exchange(successor_, 0));
    }
  }
  return true;
}

void Upgrade::watch_end() {
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, successor_, 0));
  if (fd < 0) return;  // an old kernel: then its time tells
  end_ = Descriptor{loop_, fd};
  end_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error && is_under_way()) on_end();
  });
}

void Upgrade::on_end() {
  while (is_under_way() && hear()) {
  }
  if (!is_under_way()) return;  // it was ready, and is gone all the same
  int status = 0;
  ::waitpid(successor_, &status, 0);
  if (is_too_late_)
    return fail(
        fmt::format("the new process was not ready after {:g} s", std::chrono::duration<double>{patience_}.count()));
  const std::string words = last_words_.empty() ? "" : ": " + last_words_;
  fail(fmt::format("the new process {} before it was ready{}", words_of_end(status), words));
}

void Upgrade::fail(const std::string& why) {
  timer_.cancel();
  socket_.close();
  end_.close();
  successor_ = 0;
  why_failed_ = why;
  callbacks_.failed(why);
}

}  // namespace tenfold::live
