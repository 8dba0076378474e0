// A process provider in a loop of its own, and what it told: for tests of replicas that are real processes.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "core/words.hpp"
#include "live/provider/process_provider.hpp"

namespace tenfold::live {

using namespace std::chrono_literals;

// Long enough for the slowest machine under a sanitizer: only a test that fails waits for it.
inline constexpr std::chrono::seconds kPatience{30};

// True once `done` is, false when patience ends first.
inline bool eventually(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::usleep(1000);
  }
  return true;
}

// A process that has ended but was not waited for counts as gone.
inline bool is_running(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string stat;
  std::getline(file, stat);
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
}

class ScratchDirectory {
 public:
  ScratchDirectory() { ::mkdtemp(path_.data()); }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "provider-test-XXXXXX";
};

// The numbers in a file that replicas append their process ids to, once `count` of them are there.
inline std::vector<pid_t> pids_in(const std::string& path, std::size_t count) {
  std::vector<pid_t> pids;
  eventually([&] {
    pids.clear();
    std::ifstream file{path};
    for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
    return pids.size() >= count;
  });
  return pids;
}

inline std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }
inline std::vector<std::string> python(const std::string& script) { return {"python3", "-c", script}; }

// Listens on the unix socket, and then runs `more`.
inline std::vector<std::string> unix_server(const std::string& more = "") {
  return python(
      "import os, signal, socket, subprocess, sys, time\n"
      "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen()\n" +
      more + "\nsignal.pause()");
}

class ProviderFixture : public testing::Test, public ProviderListener {
 protected:
  void serve(ReplicaSpec spec, ProcessOptions options = {}) {
    spec_ = std::move(spec);
    options.limits = spec_.limits;
    provider_.emplace(loop_, options, *this);
  }
  void serve(std::vector<std::string> argv) { serve(ReplicaSpec{.argv = std::move(argv)}); }

  void start(int id) { provider_->start(core::ReplicaId(id), spec_); }
  void stop(int id, core::Duration grace) { provider_->stop(core::ReplicaId(id), grace); }

  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(10ms);
    }
    return true;
  }
  const ReplicaAddress& ready(int id) {
    EXPECT_TRUE(run_until([&] { return ready_.contains(id) || exits_.contains(id); }));
    EXPECT_TRUE(ready_.contains(id)) << exits_[id].description << "\n" << exits_[id].last_output;
    return ready_[id];
  }
  const ReplicaExit& exited(int id) {
    EXPECT_TRUE(run_until([&] { return exits_.contains(id); }));
    return exits_[id];
  }

  boost::asio::io_context loop_;
  ReplicaSpec spec_;
  std::optional<ProcessProvider> provider_;
  std::map<int, ReplicaAddress> ready_;
  std::map<int, ReplicaExit> exits_;
  std::vector<std::string> probes_;  // what was told of them
  std::map<int, std::vector<ReplicaUsage>> usage_;

 private:
  static int number(core::ReplicaId id) { return static_cast<int>(core::to_number(id)); }
  void replica_ready(core::ReplicaId id, const ReplicaAddress& address) override {
    EXPECT_FALSE(ready_.contains(number(id)));
    ready_[number(id)] = address;
  }
  void probe_failed(core::ReplicaId id, core::Probe probe, const std::string& why) override {
    probes_.push_back(fmt::format("{} {}: {}", number(id), core::to_word(probe), why));
  }
  void readiness_passed(core::ReplicaId id) override { probes_.push_back(fmt::format("{} passes", number(id))); }
  void replica_exited(core::ReplicaId id, const ReplicaExit& exit) override {
    EXPECT_FALSE(exits_.contains(number(id)));
    exits_[number(id)] = exit;
  }
  void usage_sampled(core::ReplicaId id, const ReplicaUsage& usage) override { usage_[number(id)].push_back(usage); }
};

}  // namespace tenfold::live
