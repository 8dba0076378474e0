// What Tenfold says of its own process.
#include "live/board/process_usage.hpp"

#include <array>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "live/provider/fd.hpp"

namespace tenfold::live {
namespace {

TEST(ProcessUsage, CountsDescriptors) {
  const std::uint64_t before = process_usage()->open_descriptors;
  EXPECT_GE(before, 3U);
  std::array<Fd, 100> more;
  for (Fd& fd : more) fd = Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(process_usage()->open_descriptors, before + more.size());
}

}  // namespace
}  // namespace tenfold::live
