#include "crdt/doc/position.h"

#include <gtest/gtest.h>

#include "crdt/doc/edit.h"
#include "crdt/doc/read.h"

namespace canvas::crdt {
namespace {

class Position : public testing::Test {
protected:
  Position() : doc({.client = ClientId{1}}) {
    Edit edit(doc);
    text = edit.root("text", TypeKind::text).value();
    EXPECT_TRUE(edit.insert_text(text, 0, "abcdef"));
    edit.commit();
  }
  void remove(std::uint64_t index, std::uint64_t length) {
    Edit edit(doc);
    ASSERT_TRUE(edit.remove_text(text, index, length));
    edit.commit();
  }
  void insert(std::uint64_t index, std::string_view inserted) {
    Edit edit(doc);
    ASSERT_TRUE(edit.insert_text(text, index, inserted));
    edit.commit();
  }
  std::uint64_t index_of(const RelativePosition& position) {
    return find_position(doc, position).value().index;
  }

  Doc doc;
  TypeIndex text;
};

TEST_F(Position, StaysWithItsElement) {
  const RelativePosition before_d = make_relative(doc, {text, 3}, 0).value();
  const RelativePosition behind_c = make_relative(doc, {text, 3}, -1).value();
  insert(3, "XY");
  EXPECT_EQ(index_of(before_d), 5u);
  EXPECT_EQ(index_of(behind_c), 3u);
  remove(0, 2);
  EXPECT_EQ(index_of(before_d), 3u);
  EXPECT_EQ(index_of(behind_c), 1u);
}

TEST_F(Position, IsWhereItsElementWas) {
  const RelativePosition before_d = make_relative(doc, {text, 3}, 0).value();
  remove(2, 3);
  EXPECT_EQ(index_of(before_d), 2u);
}

TEST_F(Position, IsOfTheTypeAtItsEnds) {
  const RelativePosition end = make_relative(doc, {text, 6}, 0).value();
  const RelativePosition begin = make_relative(doc, {text, 0}, -1).value();
  EXPECT_EQ(end.root_name, "text");
  EXPECT_EQ(end.item, std::nullopt);
  insert(6, "!");
  insert(0, "!");
  EXPECT_EQ(index_of(end), 8u);
  EXPECT_EQ(index_of(begin), 0u);
  EXPECT_EQ(make_relative(doc, {text, 9}, 0).error().code, Errc::invalid_use);
}

TEST_F(Position, IsNowhereWithoutItsElement) {
  EXPECT_EQ(find_position(doc, {.item = Id{ClientId{1}, 6}}), std::nullopt);
  EXPECT_EQ(find_position(doc, {.item = Id{ClientId{7}, 0}}), std::nullopt);
  EXPECT_EQ(find_position(doc, {.root_name = "other"}), std::nullopt);
  EXPECT_EQ(find_position(doc, {.type = Id{ClientId{1}, 0}}), std::nullopt);
}

}  // namespace
}  // namespace canvas::crdt
