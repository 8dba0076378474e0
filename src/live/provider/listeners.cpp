#include "live/provider/listeners.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "config/read_text.hpp"
#include "live/provider/proc_scan.hpp"

namespace tenfold::live {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";  // TCP_LISTEN, as /proc/net/tcp has it

template <class T>
T to_number(std::string_view text, int base) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string_view::npos;
       at = line.find_first_not_of(' ', at)) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> all;
  for_each_process(
      [](const ProcessStat& stat, void* to) { static_cast<std::vector<ProcessStat>*>(to)->push_back(stat); }, &all);
  return all;
}

// All below the parent of `main`, which is its keeper.
std::set<pid_t> family_of(pid_t main) {
  const std::vector<ProcessStat> all = all_processes();
  const auto self = std::ranges::find(all, main, &ProcessStat::pid);
  if (self == all.end()) return {};
  std::set<pid_t> family;
  std::set<pid_t> parents{self->parent};
  while (!parents.empty()) {
    std::set<pid_t> children;
    for (const ProcessStat& stat : all) {
      if (parents.contains(stat.parent)) children.insert(stat.pid);
    }
    family.insert(children.begin(), children.end());
    parents = std::move(children);
  }
  return family;
}

// The inodes of the sockets that the process holds.
std::set<std::uint64_t> sockets_of(pid_t process) {
  constexpr std::string_view kSocket = "socket:[";
  std::set<std::uint64_t> inodes;
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator at{fmt::format("/proc/{}/fd", process), error}; !error && at != fs::directory_iterator{};
       at.increment(error)) {
    const std::string target = fs::read_symlink(at->path(), ignored).string();
    if (target.starts_with(kSocket)) {
      inodes.insert(to_number<std::uint64_t>(std::string_view{target}.substr(kSocket.size()), 10));
    }
  }
  return inodes;
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view table) {
  std::vector<Listener> listeners;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    // sl, local address and port, remote ones, state, queues, timer, retransmits, user, timeout, inode
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() < 10 || words[3] != kListening) continue;
    const std::string_view port = words[1].substr(words[1].rfind(':') + 1);
    listeners.push_back({to_number<std::uint16_t>(port, 16), to_number<std::uint64_t>(words[9], 10)});
  }
  return listeners;
}

std::vector<std::uint16_t> listening_ports(pid_t main) {
  std::set<std::uint64_t> inodes;
  for (const pid_t process : family_of(main)) inodes.merge(sockets_of(process));
  std::set<std::uint16_t> ports;
  for (const char* table : {"tcp", "tcp6"}) {
    const auto text = config::read_text(fmt::format("/proc/{}/net/{}", main, table));
    if (!text) continue;
    for (const Listener& listener : parse_listeners(*text)) {
      if (inodes.contains(listener.inode)) ports.insert(listener.port);
    }
  }
  return {ports.begin(), ports.end()};
}

}  // namespace tenfold::live
