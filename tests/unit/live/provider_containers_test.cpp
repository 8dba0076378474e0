// Replicas of several containers: init containers before the program, sidecars beside it, all real processes.
#include <gmock/gmock.h>

#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;

// Keeps what is said.
class Said final : public Console {
 public:
  void say(Stream, std::string_view lines) override { text += lines; }
  std::string text;
};

class ProviderContainers : public ProviderFixture {
 protected:
  static config::Container container(const std::string& name, const std::string& script,
                                     const config::Variables& env = {}) {
    return {.name = name, .command = shell(script), .env = env};
  }

  std::string content() const {
    std::ifstream file{log_};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  bool has(const std::string& text) const { return content().find(text) != std::string::npos; }

  // Appends to the log, whose lines are whole.
  std::string log(const std::string& text) const { return "echo \"" + text + "\" >> " + log_; }

  const ScratchDirectory scratch_;
  const std::string log_ = scratch_ / "log";
};

TEST_F(ProviderContainers, InitContainersRunOneAfterTheOtherBeforeTheProgram) {
  ReplicaSpec spec{.argv = unix_server("open('" + log_ + "', 'a').write('main\\n')")};
  spec.init_containers = {
      container("first", log("first began") + "; sleep 0.05; " + log("first $MODE"), {{"MODE", "a"}}),
      container("second", log("second $MODE$TENFOLD_SOCKET$PORT of $TENFOLD_REPLICA"))};
  serve(spec);
  start(7);
  ready(7);
  EXPECT_EQ(content(), "first began\nfirst a\nsecond  of 7\nmain\n") << "each with what is set for it alone";
}

TEST_F(ProviderContainers, AnInitContainerThatFailsIsTheReplicasFailureByNameWithWhatItSaid) {
  ReplicaSpec spec{.argv = unix_server("open('" + log_ + "', 'a').write('main')")};
  spec.init_containers = {container("fine", "true"), container("migrate", "echo no such table >&2; exit 3"),
                          container("never", log("never"))};
  serve(spec);
  start(1);
  EXPECT_EQ(exited(1).description, "could not be started: its init container 'migrate' exited with status 3");
  EXPECT_EQ(exits_[1].kind, core::ExitKind::kNotStarted);
  EXPECT_EQ(exits_[1].last_output, "no such table\n");
  EXPECT_EQ(content(), "");
}

TEST_F(ProviderContainers, AnInitContainerThatCannotBeRunIsNamed) {
  ReplicaSpec spec{.argv = unix_server()};
  spec.init_containers = {{.name = "gone", .command = {"/no/such/program"}}};
  serve(spec);
  start(1);
  EXPECT_EQ(exited(1).description, "could not be started: its init container 'gone': No such file or directory");
}

TEST_F(ProviderContainers, AnInitContainerThatDoesNotEndIsTooLateByName) {
  ReplicaSpec spec{.argv = unix_server(), .start_timeout = 300ms};
  spec.init_containers = {container("slow", "echo $$ >> " + log_ + "; exec sleep 1000")};
  serve(spec);
  start(1);
  EXPECT_EQ(exited(1).description, "was not ready after 0.3 s: its init container 'slow' still runs");
  EXPECT_FALSE(is_running(pids_in(log_, 1).at(0)));
}

TEST_F(ProviderContainers, AnInitContainerHearsOfTheStopAndNothingFollowsIt) {
  ReplicaSpec spec{.argv = unix_server("open('" + log_ + "', 'a').write('main')")};
  spec.init_containers = {
      container("slow", "trap '" + log("told") + "; exit 0' TERM; " + log("began") + "; while :; do sleep 0.01; done"),
      container("never", log("never"))};
  serve(spec);
  start(1);
  ASSERT_TRUE(run_until([&] { return has("began"); }));
  stop(1, 30s);
  exited(1);
  EXPECT_EQ(content(), "began\ntold\n");
}

// The order to stop may come while the last process has just ended: then nothing is left that could end.
TEST_F(ProviderContainers, AStopInTheInstantInWhichAnInitContainerEndsIsTheEnd) {
  ReplicaSpec spec{.argv = unix_server()};
  spec.init_containers = {container("short", "exit 3")};
  serve(spec);
  constexpr int kTries = 20;
  for (int i = 1; i <= kTries; ++i) {
    start(i);
    const auto begin = std::chrono::steady_clock::now();
    run_until([&] { return std::chrono::steady_clock::now() - begin > i * 300us; });
    stop(i, 24h);
  }
  EXPECT_TRUE(run_until([&] { return exits_.size() == kTries; })) << exits_.size();
}

TEST_F(ProviderContainers, SidecarsRunBesideTheProgramAndEndWithIt) {
  ReplicaSpec spec{.argv = unix_server()};
  spec.sidecars = {
      container("cache",
                log("$MODE$TENFOLD_SOCKET$PORT$NOTIFY_SOCKET of $TENFOLD_REPLICA") + "; trap '" + log("told") +
                    "; exit 0' TERM; while :; do sleep 0.01; done",
                {{"MODE", "b"}}),
      {.name = "argument",
       .command = {"/bin/sh", "-c", "echo $0 >> " + log_ + "; exec sleep 1000", "argument $TENFOLD_REPLICA $PORT"}}};
  serve(spec);
  start(3);
  ready(3);
  ASSERT_TRUE(run_until([&] { return has("b of 3\n") && has("argument 3 $PORT\n"); }));
  stop(3, 30s);
  exited(3);
  EXPECT_TRUE(has("told")) << "by the same SIGTERM";
}

// The shell is gone at once, its program takes its time, and a sidecar ends in between.
TEST_F(ProviderContainers, AProgramBehindAShellHearsOfTheStopOnce) {
  const std::vector<std::string> program = unix_server("signal.signal(signal.SIGTERM, lambda *_: open('" + log_ +
                                                       "', 'a').write('term\\n'))\n"
                                                       "while not os.path.exists('" +
                                                       (scratch_ / "gate") +
                                                       "'): time.sleep(0.01)\n"
                                                       "raise SystemExit");
  ReplicaSpec spec{.argv = {"/bin/sh", "-c", "\"$@\" & wait", "sh"}};
  spec.argv.insert(spec.argv.end(), program.begin(), program.end());
  spec.sidecars = {container("slow", "trap 'sleep 0.2; " + log("over") + "; exit' TERM; while :; do sleep 0.01; done")};
  serve(spec);
  start(1);
  ready(1);
  stop(1, 24h);
  ASSERT_TRUE(run_until([&] { return has("term") && has("over"); }));
  const auto over = std::chrono::steady_clock::now();
  run_until([&] { return std::chrono::steady_clock::now() - over > 100ms; });
  std::ofstream{scratch_ / "gate"} << "open";
  exited(1);
  EXPECT_EQ(content(), "term\nover\n");
}

TEST_F(ProviderContainers, ASidecarThatIgnoresTheStopIsKilledAfterTheGrace) {
  ReplicaSpec spec{.argv = unix_server()};
  spec.sidecars = {container("deaf", "trap '' TERM; echo $$ >> " + log_ + "; while :; do sleep 0.01; done")};
  serve(spec);
  start(1);
  ready(1);
  const pid_t deaf = pids_in(log_, 1).at(0);
  stop(1, 100ms);
  exited(1);
  EXPECT_FALSE(is_running(deaf));
}

TEST_F(ProviderContainers, WhenTheProgramEndsUnaskedSidecarsHaveAMomentForALastWord) {
  ReplicaSpec spec{.argv =
                       python("import os, socket, time\n"
                              "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen()\n"
                              "while not os.path.exists('" +
                              (scratch_ / "gate") + "'): time.sleep(0.01)\nraise SystemExit(4)")};
  spec.sidecars = {
      container("last", "trap '" + log("saved") + "; exit 0' TERM; " + log("began") + "; while :; do sleep 0.01; done"),
      container("deaf", "trap '' TERM; " + log("deaf") + "; while :; do sleep 0.01; done")};
  serve(spec);
  start(1);
  ready(1);
  ASSERT_TRUE(run_until([&] { return has("began") && has("deaf"); }));
  std::ofstream{scratch_ / "gate"} << "open";
  EXPECT_EQ(exited(1).description, "exited with status 4");
  EXPECT_TRUE(has("saved"));
}

TEST_F(ProviderContainers, ASidecarThatEndsIsToldAndStartedAgainWhileTheReplicaServes) {
  Said said;
  ReplicaSpec spec{.argv = unix_server()};
  spec.sidecars = {container("flaky", log("began") + "; sleep 1000 & exit 5"),
                   {.name = "gone", .command = {"/no/such/program"}}};
  serve(spec, {.console = &said});
  start(2);
  ready(2);
  ASSERT_TRUE(run_until([&] { return has("began\nbegan\nbegan\n"); }));
  EXPECT_THAT(said.text, HasSubstr("tenfold: replica 2: its sidecar 'flaky' exited with status 5; it is started again "
                                   "in 0.2 s\n"));
  EXPECT_THAT(said.text, HasSubstr("exited with status 5; it is started again in 0.4 s\n"));
  EXPECT_THAT(said.text,
              HasSubstr("tenfold: replica 2: its sidecar 'gone' could not be run: No such file or directory; "
                        "it is started again in 0.2 s\n"));
  EXPECT_TRUE(exits_.empty());
}

TEST_F(ProviderContainers, NothingOfThemIsLeftWhenTheProviderEnds) {
  ReplicaSpec spec{.argv = unix_server()};
  spec.sidecars = {container("stray", "setsid sh -c 'trap \"\" TERM; echo $$ >> " + log_ +
                                          "; while :; do sleep 0.01; done' & echo $$ >> " + log_ + "; wait")};
  serve(spec);
  start(1);
  ready(1);
  const std::vector<pid_t> pids = pids_in(log_, 2);
  ASSERT_EQ(pids.size(), 2U);
  provider_.reset();
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([&] { return !is_running(pid); }));
}

TEST(LeaveOutMissing, TakesContainersOutWhoseProgramIsNotHereAndSaysWhy) {
  config::AppConfig config;
  config.init_containers = {{.name = "here", .command = {"sh"}}, {.name = "away", .command = {"/no/such/program"}}};
  config.sidecars = {{.name = "image", .command = {"/app/cache"}}};
  leave_out_missing(config);
  ASSERT_EQ(config.init_containers.size(), 1U);
  EXPECT_EQ(config.init_containers[0].name, "here");
  EXPECT_TRUE(config.sidecars.empty());
  ASSERT_EQ(config.gaps.size(), 2U);
  EXPECT_EQ(config.gaps[0].words, "the init container 'away' is not run: '/no/such/program' does not exist");
  EXPECT_EQ(config.gaps[1].words, "the sidecar 'image' is not run: '/app/cache' does not exist");
}

}  // namespace
}  // namespace tenfold::live
