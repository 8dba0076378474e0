// When a starting replica is ready: probes that must pass, and what is said of one that listens in the wrong place.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "live/provider/fd.hpp"
#include "live/provider/listeners.hpp"
#include "live/provider/readiness.hpp"
#include "probe_server.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::HasSubstr;
using Type = config::Probe::Type;

std::uint16_t free_port() {
  const Fd socket{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::vector<std::string> port_server(std::uint16_t port) {
  return python("import signal, socket\ns = socket.create_server(('0.0.0.0', " + std::to_string(port) +
                "))\nsignal.pause()");
}

class ProviderStart : public ProviderFixture {
 protected:
  const ScratchDirectory scratch_;
  const std::string log_ = scratch_ / "log";
};

TEST_F(ProviderStart, AReplicaIsReadyWhenItsReadinessProbePasses) {
  ReplicaSpec spec{.argv = http_server(log_, "200 if os.path.exists('" + (scratch_ / "gate") + "') else 503"),
                   .probes = {http_probe(Type::kReadiness, "/healthz")}};
  serve(spec);
  start(1);
  ASSERT_TRUE(run_until([&] { return content_of(log_).size() >= 3 * std::string{"/healthz "}.size(); }))
      << "asked again and again, though its period is 10 s";
  EXPECT_TRUE(ready_.empty());
  std::ofstream{scratch_ / "gate"} << "open";
  EXPECT_TRUE(ready(1).endpoint.is_unix());
}

TEST_F(ProviderStart, StartupComesBeforeReadinessAndEachPassesAsOftenAsItMust) {
  config::Probe readiness = http_probe(Type::kReadiness, "/ready");
  readiness.success_threshold = 3;
  ReplicaSpec spec{.argv = http_server(log_, "204"),
                   .probes = {readiness, http_probe(Type::kLiveness, "/alive"), http_probe(Type::kStartup, "/up")}};
  serve(spec);
  start(1);
  ready(1);
  EXPECT_EQ(content_of(log_), "/up /ready /ready /ready ");
}

// Its descriptor 3 is a socket, of which it takes one connection, and closes it then, each when the file is there.
std::vector<std::string> handed_server(const std::string& begun, const std::string& take, const std::string& close) {
  return python(
      fmt::format("import os, signal, socket, time\n"
                  "def wait(path):\n"
                  "  while not os.path.exists(path): time.sleep(0.001)\n"
                  "assert (os.environ['LISTEN_FDS'], os.environ['LISTEN_PID']) == ('1', str(os.getpid()))\n"
                  "s = socket.socket(fileno=3)\n"
                  "assert s.getsockname() == os.environ['TENFOLD_SOCKET'] and s.getblocking()\n"
                  "open('{}', 'w'); wait('{}'); s.accept(); wait('{}'); s.close(); signal.pause()",
                  begun, take, close));
}

TEST_F(ProviderStart, ASocketThatIsHandedOverIsServedWhenAConnectionIsTakenFromIt) {
  const std::string begun = scratch_ / "begun", take = scratch_ / "take", close = scratch_ / "close";
  serve({.argv = handed_server(begun, take, close), .start = config::ReplicaStart::kSocket});
  start(1);
  ASSERT_TRUE(run_until([&] { return std::filesystem::exists(begun); }));
  loop_.run_for(100ms);
  EXPECT_TRUE(ready_.empty()) << "its backlog takes connections, and the program does not";
  std::ofstream{take} << "now";
  const std::string path = ready(1).endpoint.path;
  EXPECT_TRUE(accepts_unix(path));
  std::ofstream{close} << "now";
  EXPECT_TRUE(run_until([&] { return !accepts_unix(path); })) << "nobody has the socket but the program";
}

TEST_F(ProviderStart, WhatServesElsewhereThanOnItsHandedSocketIsTold) {
  const std::uint16_t port = free_port();
  serve({.argv = port_server(port), .start = config::ReplicaStart::kSocket, .start_timeout = 1s});
  start(1);
  EXPECT_THAT(exited(1).description,
              HasSubstr("it has taken no connection from its descriptor 3 ($LISTEN_FDS); it listens on port " +
                        std::to_string(port) + " and not on its descriptor 3: leave out --start socket"));
}

TEST_F(ProviderStart, ATcpProbeIsTheConnection) {
  config::Probe tcp;
  tcp.type = Type::kStartup;
  ReplicaSpec spec{.argv = unix_server(), .probes = {tcp}};
  serve(spec);
  start(1);
  EXPECT_TRUE(ready(1).endpoint.is_unix());
}

TEST_F(ProviderStart, ADelayThatTheProbeAsksForIsKept) {
  config::Probe tcp;
  tcp.initial_delay = 1s;
  ReplicaSpec spec{.argv = unix_server(), .probes = {tcp}};
  serve(spec);
  const auto began = std::chrono::steady_clock::now();
  start(1);
  ready(1);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1s);
}

TEST_F(ProviderStart, AProbeThatNeverPassesIsNamedWithItsLastAnswer) {
  ReplicaSpec spec{
      .argv = http_server(log_, "503"), .start_timeout = 5s, .probes = {http_probe(Type::kReadiness, "/healthz")}};
  serve(spec);
  start(1);
  EXPECT_EQ(exited(1).description, "was not ready after 5 s: its readiness probe GET /healthz was answered 503");
}

TEST_F(ProviderStart, AProbeThatGetsNoAnswerIsAskedAgain) {
  config::Probe probe = http_probe(Type::kStartup, "/up");
  probe.timeout = 100ms;
  ReplicaSpec spec{.argv = http_server(log_, "(time.sleep(60), 200)[1]"), .start_timeout = 5s, .probes = {probe}};
  serve(spec);
  start(1);
  EXPECT_EQ(exited(1).description, "was not ready after 5 s: its startup probe GET /up did not answer within 0.1 s");
  EXPECT_THAT(content_of(log_), HasSubstr("/up /up "));
}

TEST_F(ProviderStart, AStopWhileAProbeIsUnderWayIsHarmless) {
  ReplicaSpec spec{.argv = http_server(log_, "(time.sleep(60), 200)[1]"),
                   .probes = {http_probe(Type::kReadiness, "/healthz")}};
  serve(spec);
  start(1);
  ASSERT_TRUE(run_until([&] { return !content_of(log_).empty(); }));
  stop(1, 0s);
  exited(1);
  EXPECT_TRUE(ready_.empty());
}

TEST_F(ProviderStart, AProgramThatListensOnAnotherPortIsToldWhereAndWhatToDo) {
  const std::uint16_t port = free_port();
  serve(ReplicaSpec{.argv = port_server(port), .start_timeout = 5s});
  start(1);
  EXPECT_THAT(exited(1).description, HasSubstr("; it listens on port " + std::to_string(port) + ": here"));
  EXPECT_THAT(exited(1).description, HasSubstr("put '$PORT' into its command instead of " + std::to_string(port)));
}

TEST_F(ProviderStart, AlsoBehindAShellAndOnTargetPort) {
  const std::uint16_t port = free_port();
  std::vector<std::string> argv = shell("\"$@\"; :");
  argv.push_back("sh");
  for (const std::string& word : port_server(port)) argv.push_back(word);
  serve(ReplicaSpec{.argv = argv, .start_timeout = 5s, .target_port = port});
  start(1);
  EXPECT_THAT(exited(1).description, HasSubstr("port " + std::to_string(port) + ", which is targetPort: here"));
}

TEST_F(ProviderStart, TheSecondThatFindsThePortTakenNamesTheFirst) {
  const std::uint16_t port = free_port();
  serve(port_server(port));
  start(1);
  ASSERT_TRUE(run_until([&] {
    const Fd socket{::socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }));
  start(2);
  EXPECT_THAT(exited(2).description,
              HasSubstr("exited with status 1; replica 1 listens on port " + std::to_string(port) + ": here"));
}

TEST_F(ProviderStart, TheFirstIsNamedAlsoWhenItIsGone) {
  const std::uint16_t port = free_port();
  std::vector<std::string> argv = shell("[ $TENFOLD_REPLICA = 1 ] || exit 1; exec \"$@\"");
  argv.push_back("sh");
  for (const std::string& word : port_server(port)) argv.push_back(word);
  serve(ReplicaSpec{.argv = argv, .start_timeout = 3s});
  start(1);
  ASSERT_THAT(exited(1).description, HasSubstr("; it listens on port " + std::to_string(port)));
  start(2);
  EXPECT_THAT(exited(2).description,
              HasSubstr("exited with status 1; replica 1 listens on port " + std::to_string(port) + ": here"));
}

TEST(ParseListeners, TakesThoseThatListen) {
  const auto listeners = parse_listeners(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0\n"
      "   1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0\n"
      "   2: 00000000000000000000000000000000:0050 0:0 0A 0:0 00:0 0 0 0 4713\nrubbish\n");
  ASSERT_EQ(listeners.size(), 2U);
  EXPECT_EQ(listeners[0].port, 8080);
  EXPECT_EQ(listeners[0].inode, 4711U);
  EXPECT_EQ(listeners[1].port, 80);
}

}  // namespace
}  // namespace tenfold::live
