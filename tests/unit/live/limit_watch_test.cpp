// What is said of replicas that take more than was stated.
#include "live/limit_watch.hpp"

#include <gmock/gmock.h>

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr core::ReplicaId kReplica{3};
constexpr core::ReplicaSettings kStated{.cpu = 0.5, .memory = core::mebibytes(1024)};

ReplicaUsage usage(core::Duration cpu, core::Duration wall, core::Bytes memory) {
  return {.cpu = cpu, .wall = wall, .memory = memory};
}

TEST(LimitWatch, TellsOfEachCrossingOnceForAReplica) {
  LimitWatch watch;
  EXPECT_THAT(watch.crossings(kReplica, usage(500ms, 1s, core::mebibytes(1024)), kStated), IsEmpty());
  EXPECT_THAT(watch.crossings(kReplica, usage(1s, 1s, core::mebibytes(1024)), kStated),
              ElementsAre("replica 3 takes 1.0 CPUs, more than its 0.5; cpu is no limit yet"));
  EXPECT_THAT(watch.crossings(kReplica, usage(1s, 1s, core::mebibytes(1536)), kStated),
              ElementsAre("replica 3 takes 1536 MiB of memory, more than its 1Gi; memory is no limit yet"));
  EXPECT_THAT(watch.crossings(kReplica, usage(1s, 1s, core::mebibytes(1536)), kStated), IsEmpty());
  EXPECT_THAT(watch.crossings(core::ReplicaId{4}, usage(1s, 1s, core::mebibytes(1536)), kStated), testing::SizeIs(2));
}

TEST(LimitWatch, ASampleTooShortForTheClocksTicksShowsNothing) {
  LimitWatch watch;
  EXPECT_THAT(watch.crossings(kReplica, usage(10ms, 10ms, {}), kStated), IsEmpty());
  EXPECT_THAT(watch.crossings(kReplica, usage({}, {}, {}), kStated), IsEmpty());
  EXPECT_THAT(watch.crossings(kReplica, usage(520ms, 1s, {}), kStated), IsEmpty());
}

TEST(LimitWatch, ForgetsAReplicaThatIsGone) {
  LimitWatch watch;
  watch.crossings(kReplica, usage(1s, 1s, {}), kStated);
  watch.forget(kReplica);
  EXPECT_THAT(watch.crossings(kReplica, usage(1s, 1s, {}), kStated), testing::SizeIs(1));
}

TEST(LimitWatch, ItsIntroductionNamesBoth) {
  EXPECT_EQ(limits_are_not_kept(kStated),
            "cpu (0.5) and memory (1Gi) of a replica are no limits yet: one that takes more is told, not stopped");
}

}  // namespace
}  // namespace tenfold::live
