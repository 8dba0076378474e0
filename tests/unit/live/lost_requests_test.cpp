#include "live/lost_requests.hpp"

#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kNow{10s};

TEST(LostRequests, AreNamedOnceAndTheRestCounted) {
  LostRequests lost;
  EXPECT_EQ(lost.take(kNow, core::ReplicaId{1}), "");
  lost.note(kNow, core::ReplicaId{1}, core::RequestId{17});
  for (const std::uint64_t n : {3U, 4U, 5U, 6U, 7U}) lost.note(kNow, core::ReplicaId{2}, core::RequestId{n});
  EXPECT_EQ(lost.take(kNow + 1s, core::ReplicaId{1}), " while it had request 17");
  EXPECT_EQ(lost.take(kNow, core::ReplicaId{1}), "");
  EXPECT_EQ(lost.take(kNow, core::ReplicaId{2}), " while it had requests 3, 4, 5 and 2 more");
}

TEST(LostRequests, OfAReplicaThatLivedOnAreNotItsEnds) {
  LostRequests lost;
  lost.note(kNow, core::ReplicaId{1}, core::RequestId{1});
  lost.note(kNow + 2s, core::ReplicaId{1}, core::RequestId{2});
  EXPECT_EQ(lost.take(kNow + 2s, core::ReplicaId{1}), " while it had request 2");
  lost.note(kNow, core::ReplicaId{2}, core::RequestId{1});
  EXPECT_EQ(lost.take(kNow + 2s, core::ReplicaId{2}), "");
}

}  // namespace
}  // namespace tenfold::live
