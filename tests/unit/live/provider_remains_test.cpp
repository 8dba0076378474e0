// Nothing of a replica is left over: not when it ends, not when it is stopped, and not when Tenfold is killed.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using ProviderRemains = ProviderFixture;

// A server whose tree is hard to get rid of: a child in its group, one in a session of its own, one that was orphaned
// as daemons are, and a grandchild; all ignore SIGTERM. Each appends its process id to the file.
std::vector<std::string> stubborn_server(const std::string& pid_file, const std::string& more = "") {
  return python(
      "import os, signal, socket, sys\n"
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "def tell():\n"
      "    with open('" +
      pid_file +
      "', 'a') as f: f.write(str(os.getpid()) + '\\n')\n"
      "def live():\n"
      "    tell()\n"
      "    while True: signal.pause()\n"
      "tell()\n"
      "if os.fork() == 0: live()\n"
      "if os.fork() == 0: os.setsid(); live()\n"
      "if os.fork() == 0:\n"
      "    os.setsid()\n"
      "    if os.fork() == 0: os.setsid(); live()\n"
      "    os._exit(0)\n"
      "if os.fork() == 0:\n"
      "    os.setsid()\n"
      "    if os.fork() == 0: live()\n"
      "    live()\n"
      "os.wait()\n"
      "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen()\n" +
      more + "\nwhile True: signal.pause()");
}
constexpr std::size_t kStubbornProcesses = 6;

bool all_gone(const std::vector<pid_t>& pids) {
  return std::none_of(pids.begin(), pids.end(), [](pid_t pid) { return is_running(pid); });
}

pid_t parent_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string stat;
  std::getline(file, stat);
  return std::stoi(stat.substr(stat.rfind(") ") + 4));
}

TEST_F(ProviderRemains, AnExitIsToldWhenTheWholeTreeIsGone) {
  const ScratchDirectory scratch;
  serve(stubborn_server(scratch / "pids"));
  start(1);
  ready(1);
  const std::vector<pid_t> pids = pids_in(scratch / "pids", kStubbornProcesses);
  ASSERT_EQ(pids.size(), kStubbornProcesses);
  ::kill(static_cast<pid_t>(ready(1).pid), SIGKILL);
  EXPECT_EQ(exited(1).description, "was killed by SIGKILL");
  EXPECT_TRUE(all_gone(pids));
}

TEST_F(ProviderRemains, AStopTakesTheWholeTree) {
  const ScratchDirectory scratch;
  serve(stubborn_server(scratch / "pids"));
  start(1);
  ready(1);
  const std::vector<pid_t> pids = pids_in(scratch / "pids", kStubbornProcesses);
  stop(1, 50ms);
  exited(1);
  EXPECT_TRUE(all_gone(pids));
}

TEST_F(ProviderRemains, TheProvidersEndTakesEverything) {
  const ScratchDirectory scratch;
  serve(stubborn_server(scratch / "pids"));
  for (int id = 1; id <= 3; ++id) start(id);
  for (int id = 1; id <= 3; ++id) ready(id);
  const std::vector<pid_t> pids = pids_in(scratch / "pids", 3 * kStubbornProcesses);
  provider_.reset();
  EXPECT_TRUE(all_gone(pids));
  EXPECT_TRUE(exits_.empty());
}

TEST_F(ProviderRemains, ASigkillOfTenfoldLeavesNoProcess) {
  const ScratchDirectory scratch;
  const pid_t tenfold = ::fork();
  if (tenfold == 0) {
    serve(stubborn_server(scratch / "pids"));
    start(1);
    start(2);
    loop_.run();
    ::_exit(0);
  }
  const std::vector<pid_t> pids = pids_in(scratch / "pids", 2 * kStubbornProcesses);
  ASSERT_EQ(pids.size(), 2 * kStubbornProcesses);
  const pid_t keeper = parent_of(pids[0]);
  const pid_t guardian = parent_of(keeper);
  EXPECT_TRUE(is_running(keeper) && is_running(guardian));
  ::kill(tenfold, SIGKILL);
  ::waitpid(tenfold, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return all_gone(pids); }));
  EXPECT_TRUE(eventually([&] { return !is_running(keeper) && !is_running(guardian); }));
}

TEST_F(ProviderRemains, TheSocketsOfAKilledTenfoldAreRemovedByTheNext) {
  const ScratchDirectory scratch;
  const pid_t tenfold = ::fork();
  if (tenfold == 0) {
    serve(shell("echo $$ >> " + (scratch / "pids") + "; echo $TENFOLD_SOCKET > " + (scratch / "place") +
                "; exec tail -f /dev/null"));
    start(1);
    loop_.run();
    ::_exit(0);
  }
  ASSERT_EQ(pids_in(scratch / "pids", 1).size(), 1U);
  std::string place;
  ASSERT_TRUE(eventually([&] { return static_cast<bool>(std::ifstream{scratch / "place"} >> place); }));
  const std::filesystem::path directory = std::filesystem::path{place}.parent_path();
  EXPECT_EQ(std::filesystem::status(directory).permissions(), std::filesystem::perms::owner_all);
  ::kill(tenfold, SIGKILL);
  ::waitpid(tenfold, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(directory));
  serve(shell("exit 0"));
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(ProviderRemains, AKilledKeeperTakesItsReplicaWithIt) {
  const ScratchDirectory scratch;
  serve({.argv = stubborn_server(scratch / "pids")}, {.sample_interval = 20ms});
  start(1);
  start(2);  // the guardian goes on measuring, and so finds the orphans
  ready(1);
  ready(2);
  pids_in(scratch / "pids", 2 * kStubbornProcesses);
  ::kill(parent_of(static_cast<pid_t>(ready(1).pid)), SIGKILL);
  EXPECT_EQ(exited(1).description, "was killed by SIGKILL, because its keeper was");
  const auto still_there = [&] {
    std::size_t count = 0;
    for (const pid_t pid : pids_in(scratch / "pids", 2 * kStubbornProcesses)) count += is_running(pid) ? 1 : 0;
    return count;
  };
  EXPECT_TRUE(run_until([&] { return still_there() == kStubbornProcesses; }));
}

TEST_F(ProviderRemains, AReplicaDoesNotOutliveBothItsKeeperAndTheGuardian) {
  serve(unix_server());
  start(1);
  const auto replica = static_cast<pid_t>(ready(1).pid);
  const pid_t keeper = parent_of(replica);
  ::kill(parent_of(keeper), SIGKILL);
  ::kill(keeper, SIGKILL);
  EXPECT_EQ(exited(1).description, "was killed by SIGKILL, because its keeper was");
  EXPECT_TRUE(eventually([&] { return !is_running(replica); }));
}

TEST_F(ProviderRemains, KeeperAndGuardianAreDeafToWhatIsMeantForTenfold) {
  serve(unix_server());
  start(1);
  const pid_t keeper = parent_of(static_cast<pid_t>(ready(1).pid));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    ::kill(keeper, signal);
    ::kill(parent_of(keeper), signal);
  }
  start(2);  // the guardian has had its signals when it serves this
  ready(2);
  stop(1, 10s);
  EXPECT_EQ(exited(1).description, "was killed by SIGTERM");
}

TEST_F(ProviderRemains, AKilledGuardianIsReplacedAndReplicasGoOn) {
  serve(unix_server());
  start(1);
  const pid_t guardian = parent_of(parent_of(static_cast<pid_t>(ready(1).pid)));
  ::kill(guardian, SIGKILL);
  // With all its threads, of which a sanitizer has one more: until then its sockets are open.
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(guardian), &ended, WEXITED | WNOWAIT), 0);
  start(2);
  ready(2);
  EXPECT_TRUE(exits_.empty());
  stop(1, 10s);
  EXPECT_EQ(exited(1).description, "was killed by SIGTERM");
}

}  // namespace
}  // namespace tenfold::live
