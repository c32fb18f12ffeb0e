#include "load/inspection.h"

#include <gtest/gtest.h>

#include "crdt/merge.h"
#include "crdt/snapshot.h"
#include "load/author.h"

namespace canvas::load {
namespace {

crdt::DeleteSet deleted_in(std::vector<BytesView> updates) {
  return crdt::snapshot_of_update(crdt::merge_updates(updates).value()).value().deleted;
}

TEST(Inspection, MissesADeletionWhoseTextIsThere) {
  Author author(crdt::ClientId{1}, 1000);
  const Author::Update first = author.make(Edit::replace);
  const Author::Update second = author.make(Edit::replace);
  ASSERT_EQ(second.deleted.range_count(), 1u);
  EXPECT_EQ(count_missing(second.deleted, deleted_in({first.bytes, second.bytes})), 0u);
  EXPECT_EQ(count_missing(second.deleted, deleted_in({first.bytes})), 1u);
}

TEST(Inspection, MissesTheDeletionOfAPlace) {
  Author author(crdt::ClientId{1}, 1000);
  const Author::Update first = author.make(Edit::drag);
  const Author::Update second = author.make(Edit::drag);
  EXPECT_EQ(count_missing(second.deleted, deleted_in({second.bytes, first.bytes})), 0u);
  EXPECT_EQ(count_missing(second.deleted, deleted_in({first.bytes})), 1u);
}

}  // namespace
}  // namespace canvas::load
