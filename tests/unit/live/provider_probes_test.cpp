// Probes of replicas that are ready: when one fails, when it passes again, and what is told.
#include <gmock/gmock.h>

#include "probe_server.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using Type = config::Probe::Type;

class ProviderProbes : public ProviderFixture {
 protected:
  void open_gate() { std::ofstream{gate_} << "open"; }
  void close_gate() { std::filesystem::remove(gate_); }
  std::string while_gate_is_open() const { return "200 if os.path.exists('" + gate_ + "') else 503"; }

  const ScratchDirectory scratch_;
  const std::string log_ = scratch_ / "log";
  const std::string gate_ = scratch_ / "gate";
};

config::Probe quick(Type type, const std::string& path, std::uint32_t failures = 3) {
  config::Probe probe = http_probe(type, path);
  probe.period = 20ms;
  probe.failure_threshold = failures;
  return probe;
}

TEST_F(ProviderProbes, ReadinessFailsAfterItsThresholdAndPassesAgain) {
  open_gate();
  config::Probe readiness = quick(Type::kReadiness, "/healthz");
  readiness.success_threshold = 2;
  serve({.argv = http_server(log_, while_gate_is_open()), .probes = {readiness}});
  start(1);
  ready(1);
  close_gate();
  ASSERT_TRUE(run_until([&] { return !probes_.empty(); }));
  EXPECT_THAT(probes_, ElementsAre("1 readiness: its readiness probe GET /healthz was answered 503, 3 times in a row"));
  open_gate();
  ASSERT_TRUE(run_until([&] { return probes_.size() == 2; }));
  EXPECT_EQ(probes_[1], "1 passes");
  close_gate();
  EXPECT_TRUE(run_until([&] { return probes_.size() == 3; })) << "and again";
}

TEST_F(ProviderProbes, AFailureBetweenSuccessesIsForgotten) {
  // Every third answer is good.
  const std::string every_third = "200 if (len(open('" + log_ + "').read()) // len('/healthz ')) % 3 == 0 else 503";
  config::Probe readiness = quick(Type::kReadiness, "/healthz");
  serve({.argv = http_server(log_, every_third), .probes = {readiness}});
  start(1);
  ready(1);
  ASSERT_TRUE(run_until([&] { return content_of(log_).size() > 30 * std::string{"/healthz "}.size(); }));
  EXPECT_THAT(probes_, IsEmpty());
}

TEST_F(ProviderProbes, LivenessIsAskedOfAReplicaThatIsReadyAndNotBefore) {
  serve({.argv = http_server(log_, "500 if path == '/alive' else 200"),
         .probes = {quick(Type::kStartup, "/up"), quick(Type::kLiveness, "/alive", 1)}});
  start(1);
  ready(1);
  EXPECT_EQ(content_of(log_), "/up ");
  ASSERT_TRUE(run_until([&] { return !probes_.empty(); }));
  EXPECT_THAT(probes_, ElementsAre("1 liveness: its liveness probe GET /alive was answered 500"));
}

TEST_F(ProviderProbes, AReplicaThatHangsFailsInTime) {
  config::Probe liveness = quick(Type::kLiveness, "/alive", 2);
  liveness.timeout = 50ms;
  serve({.argv = http_server(log_, "(time.sleep(60), 200)[1]"), .probes = {liveness}});
  start(1);
  ready(1);
  ASSERT_TRUE(run_until([&] { return !probes_.empty(); }));
  EXPECT_EQ(probes_[0], "1 liveness: its liveness probe GET /alive did not answer within 0.05 s, 2 times in a row");
}

TEST_F(ProviderProbes, ATcpProbeFailsWhenNobodyListensAnyMore) {
  config::Probe tcp;
  tcp.period = 20ms;
  tcp.failure_threshold = 2;
  serve({.argv = python("import os, signal, socket, time\n"
                        "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen(64)\n"
                        "while not os.path.exists('" +
                        gate_ +
                        "'): time.sleep(0.005)\n"
                        "s.close(); signal.pause()"),
         .probes = {tcp}});
  start(1);
  ready(1);
  open_gate();
  ASSERT_TRUE(run_until([&] { return !probes_.empty(); }));
  EXPECT_THAT(probes_[0],
              StartsWith("1 readiness: its readiness probe got no connection: Connection refused, 2 times"));
}

TEST_F(ProviderProbes, AFullBacklogIsSomebodyWhoListens) {
  config::Probe tcp;
  tcp.period = 10ms;
  tcp.failure_threshold = 1;
  serve({.argv = python("import os, signal, socket\n"
                        "s = socket.socket(socket.AF_UNIX); s.bind(os.environ['TENFOLD_SOCKET']); s.listen(0)\n"
                        "signal.pause()"),
         .probes = {tcp}});
  start(1);
  ready(1);
  const auto until = std::chrono::steady_clock::now() + 200ms;  // of probes: more than the backlog holds
  run_until([&] { return std::chrono::steady_clock::now() > until; });
  EXPECT_THAT(probes_, IsEmpty());
}

TEST_F(ProviderProbes, NothingIsToldOfAReplicaThatIsBeingStopped) {
  serve({.argv = http_server(log_, "503 if path == '/alive' else 200"),
         .probes = {quick(Type::kLiveness, "/alive", 1000)}});
  start(1);
  ready(1);
  ASSERT_TRUE(run_until([&] { return !content_of(log_).empty(); }));
  stop(1, 0s);
  exited(1);
  EXPECT_THAT(probes_, IsEmpty());
}

}  // namespace
}  // namespace tenfold::live
