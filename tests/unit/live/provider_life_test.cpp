// The life of a replica that is a process: how it starts, gets ready, ends, and what is told of it.
#include <gmock/gmock.h>

#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;
using testing::Not;

using ProviderLife = ProviderFixture;

TEST_F(ProviderLife, AReplicaIsReadyWhenItsUnixSocketAccepts) {
  serve(unix_server());
  start(1);
  EXPECT_TRUE(ready(1).endpoint.is_unix());
  EXPECT_TRUE(is_running(static_cast<pid_t>(ready(1).pid)));
}

TEST_F(ProviderLife, AReplicaIsReadyWhenItsPortAccepts) {
  serve(
      python("import os, signal, socket\n"
             "s = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); signal.pause()"));
  start(1);
  EXPECT_EQ(ready(1).endpoint.address, "127.0.0.1");
}

TEST_F(ProviderLife, TheUnixSocketIsPreferredToThePort) {
  // The port listens first, but only after both do can a connection be made: bound is not listening.
  serve(
      python("import os, signal, socket\n"
             "u = socket.socket(socket.AF_UNIX); u.bind(os.environ['TENFOLD_SOCKET'])\n"
             "t = socket.socket(); t.bind(('127.0.0.1', int(os.environ['PORT'])))\n"
             "u.listen(); t.listen(); signal.pause()"));
  start(1);
  EXPECT_TRUE(ready(1).endpoint.is_unix());
}

TEST_F(ProviderLife, ReadyOnTheNotifySocketIsLookedAtAtOnce) {
  // After 30 s the pauses between probes are 50 ms; the notice must not have to wait for the next.
  serve(
      unix_server("n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
                  "n.sendto(b'STATUS=up\\nREADY=1', os.environ['NOTIFY_SOCKET'])"));
  start(1);
  EXPECT_TRUE(ready(1).endpoint.is_unix());
}

TEST_F(ProviderLife, AReplicaCancelsThatSaysSoBeforeItListens) {
  const auto says = [](const std::string& what) {
    return python(
        "import os, signal, socket\n"
        "n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "n.sendto(b'" +
        what +
        "', os.environ['NOTIFY_SOCKET'])\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen()\n"
        "signal.pause()");
  };
  serve(says("STATUS=warm\\nX_TENFOLD_CANCELS=1"));
  start(1);
  EXPECT_TRUE(ready(1).cancels);
  serve(says("STATUS=warm\\nX_TENFOLD_CANCELS=0"));
  start(2);
  EXPECT_FALSE(ready(2).cancels);
}

TEST_F(ProviderLife, TheContractIsInTheEnvironmentAndInTheArguments) {
  ReplicaSpec spec{.argv = shell("echo \"$TENFOLD_REPLICA $TENFOLD_CONCURRENCY $COLOUR ${NOTIFY_SOCKET##*/} $PORT\";"
                                 "echo \"$1\"")};
  spec.argv.insert(spec.argv.end(), {"sh", "$PORT=${PORT} $PORTAL ${PORT $TENFOLD_REPLICA"});
  spec.env = {{"COLOUR", "blue"}, {"PORT", "overridden"}};
  spec.concurrency = 4;
  serve(spec);
  start(7);
  const std::string output = exited(7).last_output;
  EXPECT_THAT(output, HasSubstr("7 4 blue 7.notify "));
  const std::string port = output.substr(output.find("notify ") + 7, 5);
  EXPECT_THAT(output, HasSubstr(port + "=" + port + " $PORTAL ${PORT 7\n"));
}

TEST_F(ProviderLife, ItRunsInItsDirectory) {
  ReplicaSpec spec{.argv = {"./sh", "-c", "pwd"}, .directory = "/bin"};
  serve(spec);
  start(1);
  EXPECT_THAT(exited(1).last_output, HasSubstr("bin\n"));
}

TEST_F(ProviderLife, NothingOfTenfoldsIsInherited) {
  ::signal(SIGUSR1, SIG_IGN);
  serve(
      python("import os, signal\n"
             "print('fds', sorted(f for f in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + f)))\n"
             "print('mask', signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGUSR1))\n"
             "print('leads', os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())"));
  start(1);
  exited(1);
  ::signal(SIGUSR1, SIG_DFL);
  EXPECT_THAT(exits_[1].last_output, HasSubstr("fds ['0', '1', '2']"));
  EXPECT_THAT(exits_[1].last_output, HasSubstr("mask set() 0"));
  EXPECT_THAT(exits_[1].last_output, HasSubstr("leads True True"));
}

TEST_F(ProviderLife, AnExitIsToldWithItsStatusAndLastWords) {
  serve(shell("echo working; echo 'no licence' >&2; exit 3"));
  start(1);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kExited);
  EXPECT_EQ(exited(1).code, 3);
  EXPECT_EQ(exited(1).description, "exited with status 3");
  EXPECT_EQ(exited(1).last_output, "working\nno licence\n");
}

TEST_F(ProviderLife, ASignalIsToldByName) {
  serve(shell("kill -SEGV $$"));
  start(1);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kSignaled);
  EXPECT_EQ(exited(1).code, SIGSEGV);
  EXPECT_EQ(exited(1).description, "was killed by SIGSEGV");
}

TEST_F(ProviderLife, LastWordsAreTheEndInWholeLines) {
  serve(shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done"));
  start(1);
  const std::string output = exited(1).last_output;
  EXPECT_LE(output.size(), 4096U);
  EXPECT_GT(output.size(), 4000U);
  EXPECT_TRUE(output.starts_with("line "));
  EXPECT_TRUE(output.ends_with("line 4999\n"));
}

TEST_F(ProviderLife, AProgramThatDoesNotExistIsNotStarted) {
  serve({"no-such-solver"});
  start(1);
  EXPECT_TRUE(exits_.empty()) << "told from within the call";
  EXPECT_EQ(exited(1).kind, core::ExitKind::kNotStarted);
  EXPECT_THAT(exited(1).description, HasSubstr("'no-such-solver' was not found in $PATH"));
}

TEST_F(ProviderLife, AProgramThatTheKernelRefusesIsNotStarted) {
  const ScratchDirectory scratch;
  std::ofstream{scratch / "garbage"} << "\x01\x02 no program";
  std::filesystem::permissions(scratch / "garbage", std::filesystem::perms::owner_all);
  serve({scratch / "garbage"});
  start(1);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kNotStarted);
  EXPECT_EQ(exited(1).code, ENOEXEC);
  EXPECT_THAT(exited(1).description, HasSubstr("Exec format error"));
}

TEST_F(ProviderLife, ADirectoryThatDoesNotExistIsTold) {
  serve(ReplicaSpec{.argv = {"sh"}, .directory = "/no/such/directory"});
  start(1);
  EXPECT_EQ(exited(1).kind, core::ExitKind::kNotStarted);
}

TEST_F(ProviderLife, AReplicaThatNeverListensIsKilledAndSaysWhere) {
  ReplicaSpec spec{.argv = shell("exec tail -f /dev/null"), .start_timeout = 200ms};
  serve(spec);
  start(1);
  EXPECT_THAT(exited(1).description, HasSubstr("was not ready after 0.2 s: it listens neither on $TENFOLD_SOCKET (/"));
  EXPECT_THAT(exited(1).description, HasSubstr(".sock) nor on 127.0.0.1:$PORT (port "));
  EXPECT_EQ(exited(1).code, SIGKILL);
  EXPECT_TRUE(ready_.empty());
}

TEST_F(ProviderLife, StopTerminatesThenKills) {
  serve(unix_server("signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"));
  start(1);
  ready(1);
  stop(1, 20s);
  // Python may be anywhere between listen and the line that sets the handler: both ends are by the SIGTERM.
  const ReplicaExit& exit = exited(1);
  EXPECT_TRUE((exit.kind == core::ExitKind::kExited && exit.code == 5) || exit.code == SIGTERM) << exit.description;
}

// Listens once SIGTERM does nothing any more.
std::vector<std::string> deaf_server() {
  return python(
      "import os, signal, socket\n"
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen()\n"
      "while True: signal.pause()");
}

TEST_F(ProviderLife, StopKillsWhatIgnoresSigterm) {
  serve(deaf_server());
  start(1);
  ready(1);
  const auto stopped = std::chrono::steady_clock::now();
  stop(1, 100ms);
  EXPECT_EQ(exited(1).code, SIGKILL);
  EXPECT_GE(std::chrono::steady_clock::now() - stopped, 100ms);
}

TEST_F(ProviderLife, ASecondStopMayShortenTheGrace) {
  serve(deaf_server());
  start(1);
  ready(1);
  stop(1, 1h);
  stop(1, 0s);
  EXPECT_EQ(exited(1).description, "was killed by SIGKILL");
}

// Behind a shell that a SIGTERM ends at once: a server that takes `seconds` after its SIGTERM, and then makes `mark`.
std::vector<std::string> behind_a_shell(const std::string& mark, double seconds, const std::string& launcher = "") {
  const std::string server =
      "import os, signal, socket, sys, time\n"
      "def finish(*_):\n"
      "    time.sleep(" +
      std::to_string(seconds) +
      ")\n"
      "    open(\"" +
      mark +
      "\", \"a\").write(\"finished \")\n"
      "    sys.exit()\n"
      "signal.signal(signal.SIGTERM, finish)\n"
      "s = socket.socket(socket.AF_UNIX); s.bind(os.environ[\"TENFOLD_SOCKET\"]); s.listen()\n"
      "while True: signal.pause()";
  return shell(launcher + " python3 -c '" + server + "'; :");
}

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST_F(ProviderLife, WhatRunsBehindAShellHasTheWholeGrace) {
  const ScratchDirectory scratch;
  serve(behind_a_shell(scratch / "mark", 1));
  start(1);
  ready(1);
  stop(1, 20s);
  EXPECT_EQ(exited(1).description, "was killed by SIGTERM") << "the shell";
  EXPECT_EQ(content_of(scratch / "mark"), "finished ");
}

TEST_F(ProviderLife, WhatLeftTheGroupHearsOfTheEndAndHasTheGraceToo) {
  const ScratchDirectory scratch;
  serve(behind_a_shell(scratch / "mark", 0.2, "setsid"));
  start(1);
  ready(1);
  stop(1, 20s);
  exited(1);
  EXPECT_EQ(content_of(scratch / "mark"), "finished ");
}

TEST_F(ProviderLife, ASecondStopIsNoSecondSigterm) {
  const ScratchDirectory scratch;
  serve(behind_a_shell(scratch / "mark", 0.3));
  start(1);
  ready(1);
  stop(1, 20s);
  stop(1, 10s);
  exited(1);
  EXPECT_EQ(content_of(scratch / "mark"), "finished ") << "a second handler would have run in the first";
}

TEST_F(ProviderLife, WhatRunsBehindAShellIsKilledAfterTheGrace) {
  const ScratchDirectory scratch;
  serve(behind_a_shell(scratch / "mark", 3600));
  start(1);
  ready(1);
  const auto stopped = std::chrono::steady_clock::now();
  stop(1, 200ms);
  exited(1);
  EXPECT_GE(std::chrono::steady_clock::now() - stopped, 200ms);
  EXPECT_EQ(content_of(scratch / "mark"), "");
}

TEST_F(ProviderLife, NoReplicaIsReadyAfterItsStop) {
  serve(unix_server());
  start(1);
  stop(1, 0s);
  exited(1);
  EXPECT_TRUE(ready_.empty());
}

TEST_F(ProviderLife, StoppingWhatHasEndedIsHarmless) {
  serve(shell("exit 0"));
  start(1);
  exited(1);
  stop(1, 1s);
  stop(99, 0s);
}

TEST_F(ProviderLife, ManyReplicasStartAtOnceEachWithItsOwnPlace) {
  serve(unix_server());
  for (int id = 1; id <= 10; ++id) start(id);
  std::map<std::string, int> places;
  for (int id = 1; id <= 10; ++id) ++places[ready(id).endpoint.path];
  EXPECT_EQ(places.size(), 10U);
}

TEST_F(ProviderLife, UsageIsThatOfTheWholeTree) {
  // The child spins, the main process waits.
  serve({.argv = unix_server("subprocess.run([sys.executable, '-c', 'while True: pass'])")}, {.sample_interval = 20ms});
  start(1);
  const auto total_cpu = [&] {
    core::Duration cpu{};
    for (const ReplicaUsage& usage : usage_[1]) cpu += usage.cpu;
    return cpu;
  };
  ASSERT_TRUE(run_until([&] { return total_cpu() >= 200ms; }));
  core::Duration wall{};
  for (const ReplicaUsage& usage : usage_[1]) wall += usage.wall;
  // Clock ticks of 10 ms for each of the two processes, and no more CPU than there is time.
  EXPECT_LE(total_cpu(), wall + 40ms);
  EXPECT_GT(core::to_number(usage_[1].back().memory), 4U << 20);
}

TEST_F(ProviderLife, TheCpuTimeOfChildrenThatHaveEndedCounts) {
  serve({.argv = unix_server("spin = 'import time\\nwhile time.process_time() < 0.1: pass'\n"
                             "for i in range(3): subprocess.run([sys.executable, '-c', spin])")},
        {.sample_interval = 20ms});
  start(1);
  EXPECT_TRUE(run_until([&] {
    core::Duration cpu{};
    for (const ReplicaUsage& usage : usage_[1]) cpu += usage.cpu;
    return cpu >= 270ms;
  }));
}

}  // namespace
}  // namespace tenfold::live
