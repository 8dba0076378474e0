#include "live/usable_cores.hpp"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tenfold::live {
namespace {

// A /proc and a /sys of the test's making.
class UsableCores : public testing::Test {
 protected:
  void write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream{root_ / path} << text << '\n';
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::filesystem::path root_ = [] {
    std::string made = (std::filesystem::temp_directory_path() / "tenfold-cores-XXXXXX").string();
    return std::filesystem::path{::mkdtemp(made.data())};
  }();
  const double machine_ = usable_cores(root_);
};

TEST_F(UsableCores, WithoutAnyGroupAreThoseOfTheMachine) {
  EXPECT_GE(machine_, 1);
  EXPECT_LE(machine_, std::thread::hardware_concurrency());
}

TEST_F(UsableCores, AreAsFewAsTheLowestGroupAroundAllows) {
  write("proc/self/cgroup", "0::/outer/inner");
  write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000");
  EXPECT_EQ(usable_cores(root_), machine_);
  write("sys/fs/cgroup/outer/cpu.max", "50000 100000");
  EXPECT_EQ(usable_cores(root_), 0.5);
  write("sys/fs/cgroup/outer/inner/cpu.max", "25000 100000");
  EXPECT_EQ(usable_cores(root_), 0.25);
}

TEST_F(UsableCores, InAContainerAreThoseOfTheMountsRoot) {
  write("proc/self/cgroup", "0::/docker/abc");
  write("sys/fs/cgroup/cpu.max", "75000 100000");
  EXPECT_EQ(usable_cores(root_), 0.75);
}

TEST_F(UsableCores, KnowTheOldGroupsToo) {
  write("proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/x\n0::/");
  write("sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us", "1");
  write("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1");
  write("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000");
  EXPECT_EQ(usable_cores(root_), machine_);
  write("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "60000");
  EXPECT_EQ(usable_cores(root_), 0.6);
}

TEST(CpuMax, IsALimitOrNone) {
  EXPECT_EQ(parse_cpu_max("150000 100000"), 1.5);
  for (const char* none : {"", "max", "max 100000", "-1 100000", "100000", "0 100000", "100000 0", "x y"}) {
    EXPECT_EQ(parse_cpu_max(none), std::nullopt) << none;
  }
}

TEST(Oversubscription, IsToldWithItsNumbers) {
  core::Settings settings;
  settings.machine.cores = 2;
  EXPECT_THAT(oversubscription(settings).value(),
              testing::StartsWith("10 replicas of 0.5 CPU want 5, this machine has 2: "));
  settings.scale.max_replicas = 4;
  EXPECT_EQ(oversubscription(settings), std::nullopt);
  settings.machine.cores = 0;
  settings.scale.max_replicas = 1000;
  EXPECT_EQ(oversubscription(settings), std::nullopt);
}

}  // namespace
}  // namespace tenfold::live
