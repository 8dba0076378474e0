#include "live/lost_requests.hpp"

#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

TEST(LostRequests, AreNamedOnceAndTheRestCounted) {
  LostRequests lost;
  EXPECT_EQ(lost.take(core::ReplicaId{1}), "");
  lost.note(core::ReplicaId{1}, core::RequestId{17});
  for (const std::uint64_t n : {3U, 4U, 5U, 6U, 7U}) lost.note(core::ReplicaId{2}, core::RequestId{n});
  EXPECT_EQ(lost.take(core::ReplicaId{1}), " while it had request 17");
  EXPECT_EQ(lost.take(core::ReplicaId{1}), "");
  EXPECT_EQ(lost.take(core::ReplicaId{2}), " while it had requests 3, 4, 5 and 2 more");
}

}  // namespace
}  // namespace tenfold::live
