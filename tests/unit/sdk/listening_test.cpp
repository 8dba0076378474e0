// Where programs of the SDK serve, by what surrounds them.
#include "sdk/listening.hpp"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenfold {
namespace {

using Variables = std::map<std::string, std::string>;
using testing::HasSubstr;

// The places, in words.
std::string places(const Variables& variables, const std::set<std::string>& files = {}) {
  const auto found = where_to_serve({.variable = [&](const char* name) -> const char* {
                                       const auto at = variables.find(name);
                                       return at == variables.end() ? nullptr : at->second.c_str();
                                     },
                                     .file_exists = [&](const char* path) { return files.contains(path); }});
  if (!found) return found.error();
  if (std::holds_alternative<Inherited>(*found)) return "inherited";
  std::string words;
  for (const auto& endpoint : std::get<std::vector<http::Endpoint>>(*found)) words += endpoint.to_string() + " ";
  return words;
}

TEST(WhereToServe, ByItselfOnThisMachineAlone) {
  EXPECT_EQ(places({}), "127.0.0.1:8000 ");
  EXPECT_EQ(places({{"PORT", "9000"}}), "127.0.0.1:9000 ");
  EXPECT_EQ(places({{"PORT", ""}}), "127.0.0.1:8000 ");
}

TEST(WhereToServe, InAContainerOnAllAddresses) {
  for (const char* name : {"KUBERNETES_SERVICE_HOST", "CONTAINER_APP_NAME", "K_SERVICE"}) {
    EXPECT_EQ(places({{name, "x"}, {"PORT", "9000"}}), "[::]:9000 0.0.0.0:9000 ") << name;
  }
  EXPECT_EQ(places({}, {"/.dockerenv"}), "[::]:8000 0.0.0.0:8000 ");
  EXPECT_EQ(places({}, {"/run/.containerenv"}), "[::]:8000 0.0.0.0:8000 ");
}

TEST(WhereToServe, UnderTenfoldInAContainerOnThisMachineAlone) {
  EXPECT_EQ(places({{"TENFOLD_REPLICA", "1"}, {"PORT", "9000"}}, {"/.dockerenv"}), "127.0.0.1:9000 ");
}

TEST(WhereToServe, AnAddressThatIsStatedGoesFirst) {
  EXPECT_EQ(places({{"TENFOLD_ADDRESS", "0.0.0.0"}}), "0.0.0.0:8000 ");
  EXPECT_EQ(places({{"TENFOLD_ADDRESS", "::1"}, {"K_SERVICE", "x"}}), "[::1]:8000 ");
  EXPECT_THAT(places({{"TENFOLD_ADDRESS", "localhost"}}), HasSubstr("$TENFOLD_ADDRESS is 'localhost', which is no IP"));
}

TEST(WhereToServe, SocketsGoBeforePorts) {
  EXPECT_EQ(places({{"TENFOLD_SOCKET", "/run/x"}, {"LISTEN_FDS", "1"}, {"TENFOLD_ADDRESS", "::"}}), "unix:/run/x ");
  EXPECT_EQ(places({{"LISTEN_FDS", "1"}, {"PORT", "9000"}}), "inherited");
}

TEST(WhereToServe, APortThatIsNoneIsTold) {
  for (const char* port : {"http", "80x", "70000", "-1"}) {
    EXPECT_THAT(places({{"PORT", port}}), HasSubstr("which is no port")) << port;
  }
}

}  // namespace
}  // namespace tenfold
