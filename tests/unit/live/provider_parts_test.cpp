// The provider's parts that need no replica: the check of a command, ports, probes, output, /proc.
#include <atomic>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "live/provider/notice.hpp"
#include "live/provider/output_relay.hpp"
#include "live/provider/port_pool.hpp"
#include "live/provider/proc_scan.hpp"
#include "live/provider/readiness.hpp"
#include "live/provider/runtime_directory.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;

std::string complaint(std::vector<std::string> argv, std::string directory = "") {
  const auto result = check_command({.argv = std::move(argv), .directory = std::move(directory)});
  return result ? "" : result.error();
}

void make_file(const std::string& path, std::filesystem::perms permissions) {
  std::ofstream{path} << "#!/bin/sh\n";
  std::filesystem::permissions(path, permissions);
}
constexpr auto kExecutable = std::filesystem::perms::owner_all;
constexpr auto kPlain = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

TEST(CheckCommand, AcceptsWhatCanBeRun) {
  EXPECT_EQ(complaint({"sh"}), "");
  EXPECT_EQ(complaint({"/bin/sh"}), "");
  EXPECT_EQ(complaint({"./sh"}, "/bin"), "");
}

TEST(CheckCommand, SaysWhatWasLookedForAndWhatIsMeant) {
  const ScratchDirectory scratch;
  make_file(scratch / "my_solver", kExecutable);
  make_file(scratch / "plain", kPlain);
  make_file(scratch / "app.py", kPlain);
  const std::string here = scratch / "";
  EXPECT_THAT(complaint({"no-such-solver"}), HasSubstr("'no-such-solver' was not found in $PATH (/"));
  EXPECT_THAT(complaint({"my_solver"}, here), HasSubstr("did you mean './my_solver'?"));
  EXPECT_THAT(complaint({"app.py"}, here), HasSubstr("did you mean 'python3 app.py'?"));
  EXPECT_THAT(complaint({"./plain"}, here), HasSubstr("make it executable: chmod +x ./plain"));
  EXPECT_THAT(complaint({"./nothing"}, here), HasSubstr("nothing' does not exist"));
  EXPECT_THAT(complaint({here}), HasSubstr("is a directory"));
  EXPECT_EQ(complaint({}), "no command was given");
  EXPECT_EQ(complaint({"sh"}, "/no/such"), "the working directory '/no/such' does not exist");
}

TEST(CheckCommand, SearchesThePathOfTheReplica) {
  const ScratchDirectory scratch;
  make_file(scratch / "my_solver", kExecutable);
  EXPECT_TRUE(check_command({.argv = {"my_solver"}, .env = {{"PATH", "/nowhere:" + (scratch / "")}}}));
}

TEST(PortPool, GivesDifferentPortsOnWhichNobodyListens) {
  PortPool pool;
  std::map<std::uint16_t, int> seen;
  for (int i = 0; i < 100; ++i) {
    const auto port = pool.take();
    ASSERT_TRUE(port);
    EXPECT_EQ(++seen[*port], 1);
    EXPECT_FALSE(find_serving({.socket_path = "/no/such/socket", .port = *port}));
  }
}

TEST(ProbePause, GrowsWithTheAgeOfTheStart) {
  EXPECT_EQ(probe_pause(0s), 1ms);
  EXPECT_EQ(probe_pause(500ms), 10ms);
  EXPECT_EQ(probe_pause(1h), 50ms);
}

TEST(ParseNotice, TakesWholeLines) {
  EXPECT_TRUE(parse_notice("STATUS=up\nREADY=1").is_ready);
  EXPECT_TRUE(parse_notice("READY=1\nX_TENFOLD_CANCELS=1\n").cancels);
  EXPECT_FALSE(parse_notice("READY=1").cancels);
  EXPECT_FALSE(parse_notice("").is_ready);
  EXPECT_FALSE(parse_notice("STATUS=READY=1\n\nREADY=10\nX_TENFOLD_CANCELS=").is_ready);
}

TEST(RuntimeDirectory, IsPrivateAndLeavesNothing) {
  std::string path;
  {
    const RuntimeDirectory directory;
    const RuntimeDirectory another;
    path = directory.path();
    EXPECT_NE(path, another.path());
    EXPECT_TRUE(std::filesystem::is_directory(path));
    std::ofstream{path + "/1.sock"} << "left";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RuntimeDirectory, IsAnErrorThatLeavesNothingWhereNoDescriptorIsLeft) {
  const std::filesystem::path parent = std::filesystem::path{testing::TempDir()} / "tenfold-no-descriptors";
  std::filesystem::create_directory(parent);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW(RuntimeDirectory(parent.string(), "of-test-"), std::system_error);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(std::filesystem::is_empty(parent));
  std::filesystem::remove(parent);
}

TEST(ParseStat, TakesTheFieldsBehindAnyName) {
  ProcessStat stat;
  ASSERT_TRUE(parse_stat("42 (a) b (S 7) S 17 41 42 0 -1 4194304 90 0 1 0 11 22 33 44 20 0 3 0 500 8192 77 0", stat));
  EXPECT_EQ(stat.pid, 42);
  EXPECT_EQ(stat.parent, 17);
  EXPECT_EQ(stat.group, 41);
  EXPECT_EQ(stat.own_ticks, 33U);
  EXPECT_EQ(stat.reaped_ticks, 77U);
  EXPECT_EQ(stat.resident_pages, 77U);
}

TEST(ParseStat, RefusesWhatIsNone) {
  ProcessStat stat;
  EXPECT_FALSE(parse_stat("", stat));
  EXPECT_FALSE(parse_stat("42 (name)", stat));
  EXPECT_FALSE(parse_stat("no stat at all", stat));
}

// Of two threads on one core one waits, whatever else runs there.
TEST(CpuWait, IsThatOfAllThreads) {
  const Fd told{::open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC)};
  if (!told) GTEST_SKIP() << "the kernel does not say";
  const std::uint64_t before = cpu_wait_ns(::getpid());
  std::atomic<bool> is_done{false};
  cpu_set_t all;
  ::sched_getaffinity(0, sizeof all, &all);
  std::size_t first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  const auto pinned = [&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ::sched_setaffinity(0, sizeof one, &one);
    while (!is_done) {
    }
  };
  std::jthread a{pinned};
  std::jthread b{pinned};
  EXPECT_TRUE(eventually([&] { return cpu_wait_ns(::getpid()) > before + 20'000'000; }));
  is_done = true;
}

TEST(IsExiting, IsTrueOfWhatEndsOrIsGone) {
  EXPECT_FALSE(is_exiting(::getpid()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(is_exiting(child));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(is_exiting(child));
}

TEST(IsExiting, IsFalseWhereNoDescriptorIsLeftToLook) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_FALSE(is_exiting(::getpid()));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// A relay between pipes and a console that shows everything.
class OutputRelayTest : public testing::Test, public Console {
 protected:
  OutputRelayTest() {
    auto [out, replica_out] = pipe();
    auto [err, replica_err] = pipe();
    replica_ = std::move(replica_out);
    replica_err_ = std::move(replica_err);
    relay_ =
        std::make_shared<OutputRelay>(loop_, core::ReplicaId{3}, OutputRelay::Pipes{std::move(out), std::move(err)},
                                      OutputRelay::Sinks{.console = this, .lines = &lines_});
    relay_->start(relay_);
  }
  static std::pair<Fd, Fd> pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    return {Fd{ends[0]}, Fd{ends[1]}};
  }
  void write(const Fd& to, const std::string& text) {
    EXPECT_EQ(::write(to.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    loop_.poll();
  }
  void write(const std::string& text) { write(replica_, text); }
  std::string read() { return std::exchange(said_, {}); }

  boost::asio::io_context loop_;
  SaidLines lines_{std::chrono::system_clock::now};
  Fd replica_;
  Fd replica_err_;
  std::shared_ptr<OutputRelay> relay_;

 private:
  void say(Stream, std::string_view lines) override { said_ += lines; }

  std::string said_;
};

TEST_F(OutputRelayTest, PutsItsNameBeforeEachLine) {
  write("one\ntwo\n");
  EXPECT_EQ(read(), "[replica 3] one\n[replica 3] two\n");
}

TEST_F(OutputRelayTest, ALineWaitsForItsEnd) {
  write("one");
  EXPECT_EQ(read(), "");
  write(" and a half\n");
  EXPECT_EQ(read(), "[replica 3] one and a half\n");
  write("cut off");
  relay_->finish();
  EXPECT_EQ(read(), "[replica 3] cut off\n");
}

TEST_F(OutputRelayTest, BreaksALineThatDoesNotEnd) {
  write(std::string(10'000, 'x'));
  const std::string text = read();
  EXPECT_GT(text.size(), 8'000U);
  EXPECT_THAT(text, HasSubstr("x\n[replica 3] x"));
}

TEST_F(OutputRelayTest, KeepsEachLineWithItsStreamAndMixesNone) {
  write("half a ");
  write(replica_err_, "trouble\n");
  write("line\n");
  write(replica_err_, "cut off");
  relay_->finish();
  EXPECT_EQ(relay_->last_output(), "trouble\nhalf a line\ncut off\n");
  const auto kept = lines_.last({}, 10);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0]->text, "trouble");
  EXPECT_EQ(kept[0]->stream, Console::Stream::kErr);
  EXPECT_EQ(kept[1]->text, "half a line");
  EXPECT_EQ(kept[1]->stream, Console::Stream::kOut);
  EXPECT_EQ(kept[2]->replica, core::ReplicaId{3});
}

}  // namespace
}  // namespace tenfold::live
