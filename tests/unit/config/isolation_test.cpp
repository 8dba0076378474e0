// How the isolation of replicas is written, and what each way of writing it means.
#include "config/isolation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/support.hpp"

namespace tenfold::config {
namespace {

using testing::HasSubstr;
using enum IsolationPart;

// What is wanted, a point, and what of that is required.
std::string meant_by(std::string_view text) {
  const auto isolation = parse_isolation(text);
  if (!isolation) return isolation.error();
  std::string words;
  for (const auto& [name, part] : kIsolationParts) {
    if (isolation->wanted.has(part))
      words += std::string{name.substr(0, 1)} + (isolation->required.has(part) ? "!" : "");
  }
  return words;
}

TEST(Isolation, OneWordSaysAll) {
  EXPECT_EQ(meant_by("auto"), "pcspsta");
  EXPECT_EQ(meant_by("off"), "");
  EXPECT_EQ(meant_by("strict"), "p!c!s!p!s!t!a!e!");
}

TEST(Isolation, WhatIsNamedIsRequiredAndNothingElseIsWanted) {
  EXPECT_EQ(meant_by("tmp"), "t!");
  EXPECT_EQ(meant_by("tmp, environment"), "t!e!");
  EXPECT_EQ(meant_by("auto,environment"), "pcspstae!");
  EXPECT_EQ(meant_by("auto,tmp"), "pcspst!a");
}

TEST(Isolation, APartCanBeLeftOut) {
  EXPECT_EQ(meant_by("no-tmp"), "pcspsa");
  EXPECT_EQ(meant_by("no-tmp,no-privileges"), "cspsa");
  EXPECT_EQ(meant_by("strict,no-environment"), "p!c!s!p!s!t!a!");
  EXPECT_EQ(meant_by("tmp,no-tmp"), "");
}

TEST(Isolation, WhatIsReadIsWrittenAsShortAsItCanBe) {
  for (const char* text : {"auto", "off", "strict", "tmp", "tmp,environment", "auto,environment", "auto,tmp", "no-tmp",
                           "no-privileges,no-tmp", "strict,no-environment", "no-tmp,environment"}) {
    const auto isolation = parse_isolation(text);
    ASSERT_TRUE(isolation) << text;
    EXPECT_EQ(format_isolation(*isolation), text);
    EXPECT_EQ(parse_isolation(format_isolation(*isolation)), isolation) << text;
  }
}

TEST(Isolation, AnyTextOfPartsReadsBack) {
  for (unsigned wanted = 0; wanted < 256; ++wanted) {
    const IsolationParts parts{static_cast<std::uint8_t>(wanted)};
    const Isolation all_required{.wanted = parts, .required = parts};
    EXPECT_EQ(parse_isolation(format_isolation(all_required)), all_required) << wanted;
    if (parts.has(kEnvironment)) continue;  // wanted if it can be had is no word for it: it always can
    const Isolation none_required{.wanted = parts, .required = {}};
    EXPECT_EQ(parse_isolation(format_isolation(none_required)), none_required) << wanted;
  }
}

TEST(Isolation, ASlipIsTold) {
  EXPECT_THAT(meant_by("sycalls"), HasSubstr("'sycalls' is not known; did you mean 'syscalls'?"));
  EXPECT_THAT(meant_by(""), HasSubstr("is not known"));
  EXPECT_THAT(meant_by("tmp,"), HasSubstr("is not known"));
  EXPECT_THAT(meant_by("no-auto"), HasSubstr("is not known"));
}

TEST(Isolation, TheFileSaysItAsTheFlagDoes) {
  EXPECT_EQ(read_file_text("tenfold: {isolation: 'no-tmp'}").config.isolation,
            read_flags({{"isolation", "no-tmp"}}).config.isolation);
  EXPECT_EQ(read_file_text("tenfold: {isolation: off}").config.isolation.wanted, IsolationParts{});
}

}  // namespace
}  // namespace tenfold::config
