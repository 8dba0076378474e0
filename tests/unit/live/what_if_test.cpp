// Questions about what would have been: how they are read, and the program that answers them.
#include <csignal>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "live/what_if/child_run.hpp"
#include "live/what_if/question.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;
using End = ChildRun::Result::End;

class ChildRunTest : public testing::Test {
 protected:
  std::shared_ptr<ChildRun> start(const std::string& script,
                                  ChildRun::Limits limits = {.time = kPatience, .output = 1000}) {
    return start_program(shell(script), limits);
  }
  std::shared_ptr<ChildRun> start_program(std::vector<std::string> argv, ChildRun::Limits limits) {
    auto child = std::make_shared<ChildRun>(loop_, std::move(argv), limits,
                                            [this](const ChildRun::Result& result) { result_ = result; });
    child->start();
    return child;
  }
  ChildRun::Result run(const std::string& script, ChildRun::Limits limits = {.time = kPatience, .output = 1000}) {
    const auto child = start(script, limits);
    loop_.run();
    return result_.value();
  }

  boost::asio::io_context loop_;
  std::optional<ChildRun::Result> result_;
};

TEST_F(ChildRunTest, TellsWhatWasPrintedAndHowItEnded) {
  const auto result = run("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST_F(ChildRunTest, TellsOfASignal) {
  const auto result = run("kill -SEGV $$");
  EXPECT_EQ(result.end, End::kSignaled);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST_F(ChildRunTest, TakesWhatTheServiceLeavesOver) {
  const auto result = run("sleep 0.1; nice; ulimit -t; cat /proc/self/oom_score_adj", {.time = 30s, .output = 1000});
  EXPECT_EQ(result.out, "19\n30\n1000\n");
}

TEST_F(ChildRunTest, IgnoresNoSignalThatWeIgnore) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto result = run("kill -PIPE $$; echo lives");
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(result.code, SIGPIPE);
}

TEST_F(ChildRunTest, IsEndedWhenItTakesTooLong) {
  const auto result = run("echo begun; exec sleep 1000", {.time = 1s, .output = 1000});
  EXPECT_EQ(result.end, End::kTooLong);
}

TEST_F(ChildRunTest, IsEndedWhenItPrintsTooMuch) {
  const auto result = run("while :; do echo more; done");
  EXPECT_EQ(result.end, End::kTooMuch);
}

TEST_F(ChildRunTest, SaysThatItCannotBeRun) {
  start_program({"/no/such/program"}, {.time = 1s, .output = 1000});
  loop_.run();
  EXPECT_EQ(result_->end, End::kNotStarted);
  EXPECT_EQ(result_->code, ENOENT);
}

TEST_F(ChildRunTest, EndsWithWhoAskedForItAndTellsNobody) {
  const ScratchDirectory scratch;
  const auto child = start("echo $$ > " + (scratch / "pid") + "; exec sleep 1000");
  const pid_t pid = pids_in(scratch / "pid", 1).front();
  child->stop();
  loop_.run();
  EXPECT_FALSE(is_running(pid));
  EXPECT_FALSE(result_);
}

TEST_F(ChildRunTest, LeavesNothingBehind) {
  const ScratchDirectory scratch;
  auto loop = std::make_unique<boost::asio::io_context>();
  auto child = std::make_shared<ChildRun>(*loop, shell("echo $$ > " + (scratch / "pid") + "; exec sleep 1000"),
                                          ChildRun::Limits{.time = kPatience, .output = 1000}, ChildRun::Done{});
  child->start();
  const pid_t pid = pids_in(scratch / "pid", 1).front();
  child.reset();
  loop.reset();
  EXPECT_FALSE(is_running(pid));
}

TEST(WhatIfQuestion, IsReadAndAllOfItIsOptional) {
  const auto all =
      WhatIfQuestion::parse(R"({"minutes":5,"policy":"aca","min_replicas":0,"max_replicas":20,"cores":1.5})");
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->minutes, 5min);
  EXPECT_EQ(all->policy, "aca");
  EXPECT_EQ(all->min_replicas, 0U);
  EXPECT_EQ(all->max_replicas, 20U);
  EXPECT_EQ(all->cores, 1.5);
  const auto none = WhatIfQuestion::parse(R"({"policy":null,"cores":null})");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->minutes, 10min);
  EXPECT_FALSE(none->policy || none->cores || none->min_replicas);
}

TEST(WhatIfQuestion, ThatMakesNoSenseIsToldWithTheMember) {
  for (const auto& [json, word] : {std::pair{"", "object"},
                                   {"[]", "object"},
                                   {"{", "object"},
                                   {R"({"minutes":0})", "minutes"},
                                   {R"({"minutes":1.5})", "minutes"},
                                   {R"({"minutes":"5"})", "minutes"},
                                   {R"({"min_replicas":-1})", "min_replicas"},
                                   {R"({"max_replicas":5e9})", "max_replicas"},
                                   {R"({"policy":7})", "policy"},
                                   {R"({"cores":"all"})", "cores"},
                                   {R"({"polcy":"aca"})", "polcy"}}) {
    const auto question = WhatIfQuestion::parse(json);
    ASSERT_FALSE(question) << json;
    EXPECT_THAT(question.error(), HasSubstr(word));
  }
}

}  // namespace
}  // namespace tenfold::live
