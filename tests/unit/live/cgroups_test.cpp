// Where control groups are, and what is written into them, on trees that look like the kernel's.
#include "live/provider/cgroups.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider_fixture.hpp"

namespace tenfold::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What systemd makes on a machine with version 2 alone.
TEST(CgroupTrees, OfVersionTwo) {
  EXPECT_THAT(
      parse_cgroup_trees("24 30 0:22 / /proc rw,nosuid - proc proc rw\n"
                         "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
                         "0::/system.slice/tenfold.service\n"),
      ElementsAre(CgroupTree{.own = "/sys/fs/cgroup/system.slice/tenfold.service", .is_v2 = true}));
}

// A container: its group is the root of what it sees.
TEST(CgroupTrees, OfAContainer) {
  EXPECT_THAT(parse_cgroup_trees("35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/\n"),
              ElementsAre(CgroupTree{.own = "/sys/fs/cgroup", .is_v2 = true}));
  EXPECT_THAT(
      parse_cgroup_trees("35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abc/x\n"),
      ElementsAre(CgroupTree{.own = "/sys/fs/cgroup/x", .is_v2 = true}));
}

// It begins in the group that its predecessor went into.
TEST(CgroupTrees, OfASuccessor) {
  constexpr std::string_view kMount = "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
  EXPECT_THAT(parse_cgroup_trees(kMount, "0::/system.slice/tenfold.service/tenfold-123-self\n"),
              ElementsAre(CgroupTree{.own = "/sys/fs/cgroup/system.slice/tenfold.service", .is_v2 = true}));
  EXPECT_THAT(parse_cgroup_trees(kMount, "0::/tenfold-12\n"),
              ElementsAre(CgroupTree{.own = "/sys/fs/cgroup/tenfold-12", .is_v2 = true}));
}

TEST(CgroupTrees, OfVersionOneWithItsControllersTogetherOrApart) {
  EXPECT_THAT(
      parse_cgroup_trees("32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                         "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                         "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
                         "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
                         "4:memory:/user.slice\n3:cpu,cpuacct:/user.slice\n1:name=systemd:/x\n0::/x\n"),
      ElementsAre(CgroupTree{.own = "/sys/fs/cgroup/cpu,cpuacct/user.slice", .has_cpu = true, .has_cpu_usage = true},
                  CgroupTree{.own = "/sys/fs/cgroup/memory/user.slice", .has_memory = true},
                  CgroupTree{.own = "/sys/fs/cgroup/systemd/x"},
                  CgroupTree{.own = "/sys/fs/cgroup/unified/x", .is_v2 = true}));
}

TEST(CgroupTrees, OfTextsThatSayNothing) {
  EXPECT_THAT(parse_cgroup_trees("", ""), IsEmpty());
  EXPECT_THAT(parse_cgroup_trees("garbage\n - cgroup2\n1 2 3 - cgroup2 x y\n", "0::/\n"), IsEmpty());
  EXPECT_THAT(parse_cgroup_trees("35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "no colon\n::\n"),
              ElementsAre(CgroupTree{.own = "/sys/fs/cgroup", .is_v2 = true}));
}

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write(const std::string& path, const std::string& text) { std::ofstream{path} << text; }

const ReplicaLimits kBoth{.cpu = 0.5, .memory = core::mebibytes(512)};

TEST(Cgroups, OfVersionTwoLimitAllInOneDirectory) {
  const ScratchDirectory scratch;
  const std::string own = scratch / "";
  write(own + "/cgroup.controllers", "cpuset cpu io memory pids\n");
  const auto groups = Cgroups::open({{.own = own, .is_v2 = true}}, "tenfold-1");
  ASSERT_TRUE(groups) << groups.error();
  EXPECT_TRUE(groups->limits_cpu());
  EXPECT_TRUE(groups->limits_memory());
  EXPECT_EQ(groups->description(), "cgroup v2 below " + own);
  EXPECT_EQ(content_of(own + "/cgroup.subtree_control"), "+cpu +memory");
  EXPECT_FALSE(std::filesystem::exists(own + "/tenfold-1")) << "before there is a replica";
  const auto group = groups->make(core::ReplicaId{3}, kBoth);
  ASSERT_TRUE(group) << group.error();
  EXPECT_EQ(content_of(own + "/tenfold-1/cgroup.subtree_control"), "+cpu +memory");
  const std::string directory = own + "/tenfold-1/3";
  EXPECT_THAT(group->directories(), ElementsAre(directory));
  EXPECT_EQ(content_of(directory + "/cpu.max"), "50000 100000");
  EXPECT_EQ(content_of(directory + "/memory.max"), "536870912");
  EXPECT_EQ(content_of(directory + "/memory.oom.group"), "1");
  EXPECT_EQ(content_of(directory + "/memory.swap.max"), "0");

  EXPECT_EQ(group->cpu(), std::nullopt);
  write(directory + "/cpu.stat", "usage_usec 2500000\nuser_usec 2000000\n");
  EXPECT_EQ(group->cpu(), 2500ms);
  write(directory + "/memory.current", "1000000\n");
  write(directory + "/memory.stat", "anon 5\ninactive_file 400000\n");
  EXPECT_EQ(group->memory(), core::Bytes{600'000});
  EXPECT_EQ(group->oom_kills(), 0);
  write(directory + "/memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\n");
  EXPECT_EQ(group->oom_kills(), 2);
}

TEST(Cgroups, OfVersionOneHaveADirectoryForEachLimitThatIsStated) {
  const ScratchDirectory scratch;
  const std::string cpu = scratch / "cpu";
  const std::string memory = scratch / "memory";
  std::filesystem::create_directories(cpu);
  std::filesystem::create_directories(memory);
  const auto groups = Cgroups::open({{.own = cpu, .has_cpu = true, .has_cpu_usage = true},
                                     {.own = memory, .has_memory = true},
                                     {.own = scratch / "systemd"}},
                                    "tenfold-1");
  ASSERT_TRUE(groups) << groups.error();
  const auto group = groups->make(core::ReplicaId{3}, kBoth);
  ASSERT_TRUE(group) << group.error();
  EXPECT_THAT(group->directories(), ElementsAre(cpu + "/tenfold-1/3", memory + "/tenfold-1/3"));
  EXPECT_EQ(content_of(cpu + "/tenfold-1/3/cpu.cfs_period_us"), "100000");
  EXPECT_EQ(content_of(cpu + "/tenfold-1/3/cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(content_of(memory + "/tenfold-1/3/memory.limit_in_bytes"), "536870912");
  write(cpu + "/tenfold-1/3/cpuacct.usage", "1500000000\n");
  EXPECT_EQ(group->cpu(), 1500ms);
  write(memory + "/tenfold-1/3/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  EXPECT_EQ(group->oom_kills(), 1);
  const auto other = groups->make(core::ReplicaId{4}, {.memory = core::mebibytes(1)});
  ASSERT_TRUE(other) << other.error();
  EXPECT_THAT(other->directories(), ElementsAre(memory + "/tenfold-1/4")) << "entering one takes time";
}

TEST(Cgroups, SayWhyThereAreNone) {
  EXPECT_EQ(Cgroups::open({}, "tenfold-1").error(), "no control groups are mounted here");
  const ScratchDirectory scratch;
  write(scratch / "cgroup.controllers", "pids\n");
  EXPECT_EQ(Cgroups::open({{.own = scratch / "", .is_v2 = true}}, "tenfold-1").error(),
            "no control groups are mounted here");
  EXPECT_THAT(Cgroups::open({{.own = "/proc/self", .has_cpu = true}}, "tenfold-1").error(),
              HasSubstr("/proc/self may not be written: "));
}

// The quota that the kernel takes at least is 1 ms.
TEST(Cgroups, TheSmallestShareOfACpuIsAHundredth) {
  const ScratchDirectory scratch;
  const std::string own = scratch / "";
  const auto groups = Cgroups::open({{.own = own, .has_cpu = true}}, "tenfold-1");
  ASSERT_TRUE(groups->make(core::ReplicaId{1}, {.cpu = 0.001}));
  EXPECT_EQ(content_of(own + "/tenfold-1/1/cpu.cfs_quota_us"), "1000");
}

}  // namespace
}  // namespace tenfold::live
