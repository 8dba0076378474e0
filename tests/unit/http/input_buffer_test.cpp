// What a wrong count would corrupt ends the program instead, in release builds too.
#include "http/input_buffer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace tenfold::http {
namespace {

TEST(InputBufferDeathTest, NothingIsTakenThatDidNotCome) {
  InputBuffer buffer{4096};
  buffer.prepare();
  constexpr std::string_view kBytes = "head, body";
  std::ranges::copy(kBytes, buffer.room().begin());
  buffer.filled(kBytes.size());
  EXPECT_DEATH(buffer.take_head(kBytes.size() + 1), "a head ends within what came does not hold");
  EXPECT_DEATH(buffer.filled(buffer.room().size() + 1), "a read stays within its room does not hold");
  buffer.take_head(6);
  EXPECT_DEATH(buffer.consume(1), "what is consumed of a body was there does not hold");
}

TEST(InputBufferDeathTest, AnIndexBeyondTheEndIsCheckedInReleaseBuildsToo) {
  std::array<int, 6> classes{};
  volatile std::size_t beyond = classes.size();
  EXPECT_DEATH(classes[beyond] = 1, "");
}

}  // namespace
}  // namespace tenfold::http
