#include "live/revisions.hpp"

#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

using core::RevisionId;

core::ServiceView view(std::uint32_t serving, std::uint32_t next = 0) {
  return {.revision = RevisionId{serving}, .next_revision = RevisionId{next}};
}

TEST(Revisions, OtherReplicasAreANewRevision) {
  Revisions revisions{{.argv = {"one"}}};
  EXPECT_EQ(revisions.take({.argv = {"two"}}, view(1)), RevisionId{2});
  EXPECT_EQ(revisions.spec_of(RevisionId{1}).argv.front(), "one");
  EXPECT_EQ(revisions.spec_of(RevisionId{2}).argv.front(), "two");
}

TEST(Revisions, WhatServesAndWhatIsOnItsWayAreKnownAgain) {
  Revisions revisions{{.argv = {"one"}}};
  revisions.take({.argv = {"two"}}, view(1));
  EXPECT_EQ(revisions.take({.argv = {"two"}}, view(1, 2)), RevisionId{2});
  EXPECT_EQ(revisions.take({.argv = {"one"}}, view(1, 2)), RevisionId{1});
}

TEST(Revisions, OneThatWasGivenUpIsTriedAnewAsAnother) {
  Revisions revisions{{.argv = {"one"}}};
  revisions.take({.argv = {"two"}}, view(1));
  EXPECT_EQ(revisions.take({.argv = {"two"}}, view(1)), RevisionId{3});
}

TEST(Revisions, WhatMayChangeBetweenTwoStartsChangesTheRevision) {
  Revisions revisions{{.argv = {"one"}, .concurrency = 1}};
  EXPECT_EQ(revisions.take({.argv = {"one"}, .concurrency = 4, .start_timeout = std::chrono::seconds{1}}, view(1)),
            RevisionId{1});
  EXPECT_EQ(revisions.spec_of(RevisionId{1}).concurrency, 4U);
}

TEST(Revisions, AnotherNameIsAnotherRevision) {
  Revisions revisions{{.argv = {"one"}, .revision_name = "app--v1"}};
  EXPECT_EQ(revisions.take({.argv = {"one"}, .revision_name = "app--v2"}, view(1)), RevisionId{2});
}

}  // namespace
}  // namespace tenfold::live
