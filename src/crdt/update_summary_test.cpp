#include "crdt/update_summary.h"

#include <gtest/gtest.h>

#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::UpdateBuilder;

TEST(UpdateSummary, CountsNothingInNothing) {
  const auto summary = summarize_update(UpdateBuilder().build());
  EXPECT_EQ(summary->inserted, 0u);
  EXPECT_EQ(summary->deleted, 0u);
}

TEST(UpdateSummary, CountsTextInUtf16UnitsAndTypesAsOne) {
  const auto summary = summarize_update(UpdateBuilder().section(1, 0).text("a😀").map().build());
  EXPECT_EQ(summary->inserted, 4u);
}

TEST(UpdateSummary, CountsOnlyWhatComesWithItsContent) {
  const auto summary = summarize_update(
      UpdateBuilder().section(1, 0).gc(5).deleted(3).skip(7).section(2, 0).text("ab").build());
  EXPECT_EQ(summary->inserted, 2u);
}

TEST(UpdateSummary, CountsDeletionsOfAllClients) {
  const auto summary =
      summarize_update(UpdateBuilder().erase(1, 0, 3).erase(1, 10, 2).erase(2, 4, 1).build());
  EXPECT_EQ(summary->deleted, 6u);
}

TEST(UpdateSummary, CountsADeletionThatIsNamedTwiceOnce) {
  // One client, two ranges: [0, 3) and [2, 4).
  const Bytes update{0, 1, 1, 2, 0, 3, 2, 2};
  EXPECT_EQ(summarize_update(update)->deleted, 4u);
}

TEST(UpdateSummary, RefusesWhatIsNoUpdate) {
  EXPECT_EQ(summarize_update(Bytes{1, 2, 3}).error().code, Errc::malformed);
}

}  // namespace
}  // namespace canvas::crdt
