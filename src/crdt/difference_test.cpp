#include "crdt/difference.h"

#include <gtest/gtest.h>

#include "crdt/update_meta.h"
#include "fixtures/hex.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::id;
using testing::UpdateBuilder;

StateVector knows(std::uint64_t client, Clock clock) {
  return StateVector({{ClientId{client}, clock}});
}

StateVector state_of(const Bytes& update) {
  return state_vector_of_update(update).value();
}

TEST(DiffUpdate, LeavesOutWhatIsKnownAndKeepsAllDeletions) {
  const Bytes update = UpdateBuilder()
                           .section(2, 0)
                           .text("xy")
                           .section(1, 0)
                           .text("ab")
                           .text("c", {.origin = id(1, 1)})
                           .erase(2, 0, 1)
                           .build();
  EXPECT_EQ(diff_update(update, {}).value(), update);
  EXPECT_EQ(diff_update(update, knows(1, 2)).value(), UpdateBuilder()
                                                          .section(2, 0)
                                                          .text("xy")
                                                          .section(1, 2)
                                                          .text("c", {.origin = id(1, 1)})
                                                          .erase(2, 0, 1)
                                                          .build());
  EXPECT_EQ(diff_update(update, knows(2, 9)).value(),
            UpdateBuilder().section(1, 0).text("ab").text("c", {.origin = id(1, 1)}).erase(2, 0, 1).build());
}

TEST(DiffUpdate, CutsTheFirstBlock) {
  const UpdateBuilder::At at{.right_origin = id(3, 3)};
  const Bytes update = UpdateBuilder()
                           .section(1, 0)
                           .text(
                               "a\xf0\x9f\x98\x80"
                               "b",
                               at)
                           .gc(5)
                           .build();
  EXPECT_EQ(diff_update(update, knows(1, 2)).value(),
            UpdateBuilder()
                .section(1, 2)
                .text("\xef\xbf\xbd"
                      "b",
                      {.origin = id(1, 1), .right_origin = id(3, 3)})
                .gc(5)
                .build());
  EXPECT_EQ(diff_update(update, knows(1, 6)).value(), UpdateBuilder().section(1, 6).gc(3).build());
}

TEST(DiffUpdate, KeepsTheKeyOfACutEntryOnlyAsAFlag) {
  const Bytes two{127, 126};
  const Bytes update = UpdateBuilder().section(1, 0).block(ContentKind::any, {.key = "k"}, {2, two}).build();
  const Bytes one{126};
  EXPECT_EQ(diff_update(update, knows(1, 1)).value(),
            UpdateBuilder()
                .section(1, 1)
                .block(ContentKind::any, {.origin = id(1, 0), .key = "k"}, {1, one})
                .build());
}

TEST(DiffUpdate, BeginsWithNoGap) {
  const Bytes update = UpdateBuilder()
                           .section(1, 0)
                           .text("a")
                           .skip(4)
                           .text("b", {.origin = id(1, 4)})
                           .skip(1)
                           .text("c", {.origin = id(1, 6)})
                           .build();
  EXPECT_EQ(diff_update(update, knows(1, 1)).value(), UpdateBuilder()
                                                          .section(1, 5)
                                                          .text("b", {.origin = id(1, 4)})
                                                          .skip(1)
                                                          .text("c", {.origin = id(1, 6)})
                                                          .build());
  EXPECT_EQ(diff_update(update, knows(1, 3)).value(), diff_update(update, knows(1, 1)).value());
  EXPECT_EQ(diff_update(update, {}).value(), update);
}

TEST(DiffUpdate, RefusesWhatIsNoUpdate) {
  EXPECT_FALSE(diff_update(Bytes{1, 1, 1, 0}, {}));
  EXPECT_FALSE(diff_update(Bytes{0, 0, 7}, {}));
  EXPECT_FALSE(diff_update(Bytes{}, {}));
}

TEST(StateVectorOfUpdate, EndsAtTheFirstGap) {
  EXPECT_EQ(state_of(UpdateBuilder().section(1, 0).text("ab").skip(1).text("c").build()), knows(1, 2));
  EXPECT_EQ(state_of(UpdateBuilder().section(2, 3).text("ab").section(1, 0).gc(4).build()), knows(1, 4));
  EXPECT_EQ(state_of(UpdateBuilder().erase(5, 0, 9).build()), StateVector());
}

TEST(StateVectorOfUpdate, AGapAtTheBeginningIsNotThere) {
  EXPECT_EQ(state_of(UpdateBuilder().section(1, 0).skip(3).text("c").build()), StateVector());
}

TEST(UpdateMeta, NamesTheFirstAndTheLastClockOfEachClient) {
  const Bytes update = UpdateBuilder().section(9, 3).text("ab").skip(2).text("c").section(1, 0).gc(4).build();
  EXPECT_EQ(read_update_meta(update).value(),
            (std::vector<ClientSpan>{{ClientId{9}, 3, 8}, {ClientId{1}, 0, 4}}));
  EXPECT_TRUE(read_update_meta(Bytes{0, 0})->empty());
  EXPECT_FALSE(read_update_meta(Bytes{0}));
}

TEST(UpdateMeta, OfAClientThatComesTwiceTheLastCounts) {
  const Bytes update = UpdateBuilder().section(1, 0).gc(4).section(2, 0).gc(1).section(1, 7).gc(2).build();
  EXPECT_EQ(read_update_meta(update).value(),
            (std::vector<ClientSpan>{{ClientId{2}, 0, 1}, {ClientId{1}, 7, 9}}));
}

}  // namespace
}  // namespace canvas::crdt
