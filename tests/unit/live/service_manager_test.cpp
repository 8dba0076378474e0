// What is told to who started Tenfold, and what it hands over.
#include "live/host/service_manager.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/epoll_loop.hpp"
#include "live/host/handed_sockets.hpp"
#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A socket that messages come to, called as NOTIFY_SOCKET calls it.
class Hearer {
 public:
  explicit Hearer(const std::string& address) : socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)} {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    address.copy(name.sun_path, sizeof name.sun_path);
    if (address.starts_with('@')) name.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), size), 0) << address;
  }

  std::string hear() {
    std::array<char, 4096> room{};
    const ssize_t size = ::recv(socket_.get(), room.data(), room.size(), 0);
    return {room.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  Fd socket_;
};

std::string abstract_name() { return "@tenfold-unit-" + std::to_string(::getpid()); }

// Variables that are as they were when it is gone.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
      names_.push_back(name);
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~Environment() {
    for (const std::string& name : names_) ::unsetenv(name.c_str());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::string> names_;
};

TEST(Notify, ReachesAPathAndAnAbstractName) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("tenfold-notify-" + std::to_string(::getpid()));
  for (const std::string& address : {path.string(), abstract_name()}) {
    Hearer hearer{address};
    EXPECT_TRUE(notify(address, "READY=1")) << address;
    EXPECT_EQ(hearer.hear(), "READY=1");
  }
  std::filesystem::remove(path);
}

TEST(Notify, WhereNobodyHearsNothingHappens) {
  for (const std::string& address : {std::string{}, std::string{"@"}, std::string{"relative"},
                                     std::string{"/no/such/socket"}, std::string{"vsock:2:1"}, std::string(200, '/')})
    EXPECT_FALSE(notify(address, "READY=1")) << address;
}

TEST(Notify, AStatusIsOneLine) { EXPECT_EQ(status_field("one\ntwo"), "STATUS=one two"); }

TEST(ServiceManager, TellsWhatGoesOnAndFallsSilentWhenAnotherServes) {
  Hearer hearer{abstract_name()};
  http::EpollLoop loop;
  ServiceManager manager{loop, {.manager = abstract_name(), .predecessor = {}, .watchdog = {}}};
  EXPECT_FALSE(manager.is_successor());
  manager.ready("ready: http://x");
  EXPECT_EQ(hearer.hear(), "READY=1\nSTATUS=ready: http://x");
  manager.reloading();
  EXPECT_THAT(hearer.hear(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  manager.stopping("soon");
  EXPECT_EQ(hearer.hear(), "STOPPING=1\nSTATUS=soon");
  manager.hand_over(42);
  EXPECT_THAT(hearer.hear(), StartsWith("MAINPID=42\n"));
  manager.stopping("now");
  EXPECT_EQ(hearer.hear(), "");
}

TEST(ServiceManager, APredecessorIsToldUntilItKnows) {
  Hearer hearer{abstract_name()};
  http::EpollLoop loop;
  ServiceManager manager{loop, {.manager = {}, .predecessor = abstract_name(), .watchdog = {}}};
  EXPECT_TRUE(manager.is_successor());
  manager.status("no replica starts");
  EXPECT_EQ(hearer.hear(), "STATUS=no replica starts");
  manager.ready("ready");
  EXPECT_THAT(hearer.hear(), HasSubstr("READY=1"));
  EXPECT_FALSE(manager.is_successor());
  manager.status("later");
  EXPECT_EQ(hearer.hear(), "");
}

TEST(ServiceManager, ShowsLifeAgainAndAgain) {
  Hearer hearer{abstract_name()};
  http::EpollLoop loop;
  ServiceManager manager{loop, {.manager = abstract_name(), .predecessor = {}, .watchdog = 10ms}};
  manager.start_watchdog();
  for (int n = 0; n < 3; ++n) {
    std::string heard;
    while ((heard = hearer.hear()).empty()) loop.run_one_for(20ms);
    EXPECT_EQ(heard, "WATCHDOG=1");
  }
}

TEST(NotifySettings, AWatchdogIsOursWhereItNamesUsOrNobody) {
  const Environment socket{{{"NOTIFY_SOCKET", "@x"}, {"WATCHDOG_USEC", "3000000"}}};
  EXPECT_EQ(NotifySettings::from_environment().watchdog, 3s);
  EXPECT_EQ(NotifySettings::from_environment().manager, "@x");
  {
    const Environment ours{{{"WATCHDOG_PID", std::to_string(::getpid())}}};
    EXPECT_EQ(NotifySettings::from_environment().watchdog, 3s);
  }
  {
    const Environment other{{{"WATCHDOG_PID", "1"}}};
    EXPECT_EQ(NotifySettings::from_environment().watchdog, std::nullopt);
  }
  const Environment nonsense{{{"WATCHDOG_USEC", "soon"}}};
  EXPECT_EQ(NotifySettings::from_environment().watchdog, std::nullopt);
}

TEST(HandedSockets, ThoseCalledAdminAreTheAdminsAndAllOthersServe) {
  EXPECT_THAT(sort_handed(3, 1, "").service, ElementsAre(3));
  EXPECT_THAT(sort_handed(3, 2, "admin:http").service, ElementsAre(4));
  EXPECT_THAT(sort_handed(3, 2, "admin:http").admin, ElementsAre(3));
  EXPECT_THAT(sort_handed(3, 3, "tenfold.socket:tenfold.socket:admin").service, ElementsAre(3, 4));
  EXPECT_THAT(sort_handed(3, 2, "admin").service, ElementsAre(4)) << "what has no name serves";
  EXPECT_THAT(sort_handed(3, 0, "http").service, IsEmpty());
}

TEST(HandedSockets, WhatIsForAnotherProcessIsNotTakenAndGone) {
  const Environment variables{{{"LISTEN_FDS", "1"}, {"LISTEN_PID", "1"}, {"LISTEN_FDNAMES", "http"}}};
  const auto taken = take_handed_sockets();
  ASSERT_TRUE(taken) << taken.error();
  EXPECT_THAT(taken->service, IsEmpty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
}

TEST(HandedSockets, NonsenseIsTold) {
  for (const char* count : {"-1", "many", "100000"}) {
    const Environment variables{{{"LISTEN_FDS", count}}};
    const auto taken = take_handed_sockets();
    ASSERT_FALSE(taken) << count;
    EXPECT_THAT(taken.error(), HasSubstr(count));
  }
}

}  // namespace
}  // namespace tenfold::live
