#include "crdt/update_reader.h"

#include <gtest/gtest.h>

#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::id;
using testing::UpdateBuilder;

// A content that fails its check, in a block of root "t" of client 1.
Bytes with_content(ContentKind kind, Bytes content) {
  Bytes update{1, 1, 1, 0, static_cast<std::uint8_t>(kind), 1, 1, 't'};
  update.insert(update.end(), content.begin(), content.end());
  update.push_back(0);
  return update;
}

TEST(UpdateReader, TakesEveryKindOfContent) {
  using enum ContentKind;
  EXPECT_TRUE(check_update(with_content(deleted, {3})));
  EXPECT_TRUE(
      check_update(with_content(json, {2, 9, 'u', 'n', 'd', 'e', 'f', 'i', 'n', 'e', 'd', 2, '[', ']'})));
  EXPECT_TRUE(check_update(with_content(binary, {2, 0xff, 0})));
  EXPECT_TRUE(check_update(with_content(string, {2, 'a', 'b'})));
  EXPECT_TRUE(check_update(with_content(embed, {2, '{', '}'})));
  EXPECT_TRUE(check_update(with_content(format, {1, 'b', 4, 't', 'r', 'u', 'e'})));
  EXPECT_TRUE(check_update(with_content(type, {6})));
  EXPECT_TRUE(check_update(with_content(type, {3, 1, 'p'})));
  EXPECT_TRUE(check_update(with_content(any, {2, 127, 125, 1})));
  EXPECT_TRUE(check_update(with_content(doc, {1, 'g', 118, 0})));
  EXPECT_TRUE(check_update(Bytes{0, 0}));
}

TEST(UpdateReader, RefusesContentThatWouldMakeYjsThrow) {
  using enum ContentKind;
  EXPECT_FALSE(check_update(with_content(json, {1, 1, '{'})));
  EXPECT_FALSE(check_update(with_content(string, {2, 0xc3, 0x28})));
  EXPECT_FALSE(check_update(with_content(embed, {1, '!'})));
  EXPECT_FALSE(check_update(with_content(format, {1, 'b', 3, 't', 'r', 'u'})));
  EXPECT_FALSE(check_update(with_content(type, {7})));
  EXPECT_FALSE(check_update(with_content(any, {1, 3})));
  EXPECT_FALSE(check_update(with_content(doc, {1, 'g', 126})));
  EXPECT_FALSE(check_update(Bytes{1, 1, 1, 0, 11, 1, 1, 't', 0, 0}));  // content 11
}

TEST(UpdateReader, RefusesBlocksThatReferToTheirOwnFuture) {
  EXPECT_FALSE(check_update(UpdateBuilder().section(1, 5).text("a", {.origin = id(1, 5)}).build()));
  EXPECT_FALSE(check_update(UpdateBuilder().section(1, 5).text("a", {.right_origin = id(1, 9)}).build()));
  EXPECT_FALSE(check_update(UpdateBuilder().section(1, 5).text("a", {.parent = id(1, 7)}).build()));
  EXPECT_TRUE(check_update(UpdateBuilder().section(1, 5).text("a", {.origin = id(1, 4)}).build()));
  EXPECT_TRUE(check_update(UpdateBuilder().section(1, 5).text("a", {.origin = id(2, 9)}).build()));
}

TEST(UpdateReader, RefusesClocksPast53Bits) {
  EXPECT_TRUE(check_update(UpdateBuilder().section(1, 0).gc(max_clock).build()));
  EXPECT_FALSE(check_update(UpdateBuilder().section(1, 1).gc(max_clock).build()));
  EXPECT_FALSE(check_update(UpdateBuilder().section(1, 0).gc(max_clock).gc(1).build()));
  EXPECT_FALSE(check_update(UpdateBuilder().erase(1, max_clock, 1).build()));
}

TEST(UpdateReader, RefusesDeletionsWithoutALength) {
  EXPECT_TRUE(check_update(Bytes{0, 1, 1, 1, 5, 1}));
  EXPECT_FALSE(check_update(Bytes{0, 1, 1, 1, 5, 0}));
}

TEST(UpdateReader, RefusesEveryPrefixAndWhatIsLeftOver) {
  const Bytes update = UpdateBuilder()
                           .section(9, 0)
                           .text("hello")
                           .map({.key = "k"})
                           .section(1, 0)
                           .gc(4)
                           .erase(9, 0, 2)
                           .build();
  ASSERT_TRUE(check_update(update));
  for (std::size_t length = 0; length < update.size(); ++length) {
    EXPECT_FALSE(check_update(BytesView(update).first(length))) << length;
  }
  Bytes longer = update;
  longer.push_back(0);
  EXPECT_FALSE(check_update(longer));
}

TEST(UpdateReader, CountsThatPromiseMoreThanThereIsEndAtTheEnd) {
  const Bytes endless{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};
  Bytes sections = endless;
  EXPECT_FALSE(check_update(sections));
  Bytes blocks{1};
  blocks.insert(blocks.end(), endless.begin(), endless.end());
  blocks.insert(blocks.end(), {1, 0, 0, 1});
  EXPECT_FALSE(check_update(blocks));
  Bytes deletes{0};
  deletes.insert(deletes.end(), endless.begin(), endless.end());
  EXPECT_FALSE(check_update(deletes));
}

}  // namespace
}  // namespace canvas::crdt
