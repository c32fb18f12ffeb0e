#include "crdt/doc/edit.h"

#include <gtest/gtest.h>

#include "fixtures/docs.h"

#include "crdt/doc/invariants_internal.h"
#include "crdt/doc/read.h"
#include "crdt/update_reader.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::as_client;

constexpr std::string_view smile = "\xf0\x9f\x98\x80";

std::string text_in(const Doc& doc, std::string_view name = "text") {
  return to_text(doc, find_root(doc, name).value()).value();
}

std::string delta_of(const Doc& doc, std::string_view name = "text") {
  return to_delta(doc, find_root(doc, name).value()).value();
}

// A document with a text, in one edit.
void write_text(Doc& doc, std::string_view text) {
  Edit edit(doc);
  ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, text));
  edit.commit();
}

TEST(Edit, GivesAnUpdateThatOthersTake) {
  Doc doc(as_client(1));
  Doc other(as_client(2));
  {
    Edit edit(doc);
    const TypeIndex map = edit.root("map", TypeKind::map).value();
    const TypeIndex array = edit.set(map, "list", NewType{TypeKind::array}).value();
    const Value values[] = {JsonValue{"1"}, JsonValue{"\"two\""}, BinaryValue{as_bytes("3")},
                            NewType{TypeKind::map}};
    const std::vector<TypeIndex> types = edit.insert(array, 0, values).value();
    ASSERT_EQ(types.size(), 1u);
    ASSERT_TRUE(edit.set(types[0], "k", JsonValue{"null"}));
    const Edit::Committed committed = edit.commit();
    EXPECT_TRUE(check_update(committed.update));
    EXPECT_EQ(committed.applied.roots, std::vector<std::string_view>{"map"});
    ASSERT_TRUE(other.apply(committed.update));
  }
  EXPECT_EQ(to_json(other).value(), R"({"map":{"list":[1,"two",{"0":51},{"k":null}]}})");
  Edit edit(doc);
  const TypeIndex list = edit.type_of_key(edit.root("map", TypeKind::map).value(), "list").value();
  ASSERT_TRUE(edit.remove(list, 1, 2));
  ASSERT_TRUE(edit.set(edit.type_at(list, 1).value(), "k", JsonValue{"2"}));
  ASSERT_TRUE(other.apply(edit.commit().update));
  EXPECT_EQ(to_json(other).value(), R"({"map":{"list":[1,{"k":2}]}})");
  EXPECT_TRUE(check_invariants(doc.state()));
}

TEST(Edit, IsEmptyWhenNothingChanged) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.unset(map, "k"));
  ASSERT_TRUE(edit.insert_text(text, 0, ""));
  ASSERT_TRUE(edit.remove_text(text, 0, 0));
  const Edit::Committed committed = edit.commit();
  EXPECT_TRUE(committed.update.empty());
  EXPECT_FALSE(committed.applied.changed);
  EXPECT_TRUE(committed.applied.roots.empty());
}

TEST(Edit, StaysWhenItIsNotCommitted) {
  Doc doc(as_client(1));
  { ASSERT_TRUE(Edit(doc).root("text", TypeKind::text)); }
  {
    Edit edit(doc);
    ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, "a"));
  }
  EXPECT_EQ(text_in(doc), "a");
  EXPECT_TRUE(check_invariants(doc.state()));
}

TEST(Edit, TellsTheRootsThatChanged) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  ASSERT_TRUE(edit.root("array", TypeKind::array));
  const TypeIndex inner = edit.set(map, "k", NewType{TypeKind::map}).value();
  edit.commit();
  Edit second(doc);
  ASSERT_TRUE(second.set(inner, "deep", JsonValue{"1"}));
  EXPECT_EQ(second.commit().applied.roots, std::vector<std::string_view>{"map"});
}

TEST(Edit, RefusesWhatCannotBeAndGoesOn) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  const TypeIndex array = edit.root("array", TypeKind::array).value();
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  const TypeIndex xml = edit.root("xml", TypeKind::xml_fragment).value();
  const Value one[] = {JsonValue{"1"}};
  const Value bad[] = {JsonValue{"1"}, JsonValue{"{"}};
  EXPECT_EQ(edit.root("map", TypeKind::array).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.root("other", TypeKind::unknown).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert(array, 1, one).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert(array, 0, bad).error().code, Errc::malformed);
  EXPECT_EQ(edit.insert(map, 0, one).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert(xml, 0, one).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert(9999, 0, one).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.remove(array, 0, 1).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.set(array, "k", one[0]).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.set(map, "\xff", one[0]).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.set(map, "k", AnyValue{as_bytes("\x7f\x7f")}).error().code, Errc::malformed);
  EXPECT_EQ(edit.set(map, "k", NewType{TypeKind::map, "name"}).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.set(map, "k", SubDocument{"g", "[]"}).error().code, Errc::malformed);
  EXPECT_EQ(edit.type_of_key(map, "k").error().code, Errc::not_found);
  EXPECT_EQ(edit.insert_text(text, 1, "a").error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert_text(text, 0, "\xff").error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert_text(text, 0, "a", "[]").error().code, Errc::malformed);
  EXPECT_EQ(edit.insert_embed(text, 0, JsonValue{"\"a\""}).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.insert_embed(text, 0, JsonValue{"1 2"}).error().code, Errc::malformed);
  EXPECT_EQ(edit.format(text, 0, 1, "{}").error().code, Errc::invalid_use);
  EXPECT_TRUE(edit.insert(array, 0, one));
  EXPECT_EQ(edit.type_at(array, 0).error().code, Errc::not_found);
  EXPECT_EQ(edit.type_at(array, 1).error().code, Errc::invalid_use);
  edit.commit();
  EXPECT_EQ(to_json(doc, *find_root(doc, "array"), TypeKind::array).value(), "[1]");
  EXPECT_EQ(doc.item_count(), 1u);
}

TEST(Edit, DoesNotWriteIntoWhatIsDeleted) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  const TypeIndex inner = edit.set(map, "k", NewType{TypeKind::map}).value();
  ASSERT_TRUE(edit.unset(map, "k"));
  EXPECT_EQ(edit.set(inner, "x", JsonValue{"1"}).error().code, Errc::invalid_use);
  edit.commit();
  EXPECT_EQ(to_json(doc).value(), R"({"map":{}})");
}

TEST(Edit, DoesNotCutSurrogatePairs) {
  Doc doc(as_client(1));
  write_text(doc, "a" + std::string(smile) + "b");
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  EXPECT_EQ(edit.insert_text(text, 2, "x").error().code, Errc::invalid_use);
  EXPECT_EQ(edit.remove_text(text, 1, 1).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.remove_text(text, 2, 1).error().code, Errc::invalid_use);
  EXPECT_EQ(edit.format(text, 0, 2, R"({"b":1})").error().code, Errc::invalid_use);
  EXPECT_TRUE(edit.remove_text(text, 1, 2));
  EXPECT_TRUE(edit.insert_text(text, 2, smile));
  edit.commit();
  EXPECT_EQ(text_in(doc), "ab" + std::string(smile));
}

TEST(Edit, GivesTextTheAttributesOfWhatIsBeforeIt) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 0, "ab", R"({"bold":true})"));
  ASSERT_TRUE(edit.insert_text(text, 1, "x"));
  ASSERT_TRUE(edit.insert_text(text, 3, "y"));
  ASSERT_TRUE(edit.insert_text(text, 4, "z", "{}"));
  edit.commit();
  EXPECT_EQ(delta_of(doc), R"([{"insert":"axby","attributes":{"bold":true}},{"insert":"z"}])");
}

TEST(Edit, TidiesMarksThatAreNoLongerNeeded) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 0, "abc"));
  ASSERT_TRUE(edit.format(text, 1, 1, R"({"bold":true})"));
  ASSERT_TRUE(edit.format(text, 1, 1, R"({"bold":null})"));
  edit.commit();
  EXPECT_EQ(delta_of(doc), R"([{"insert":"abc"}])");
}

// Places are found from where the last edit was, in whatever order they come.
TEST(Edit, FindsItsPlaceFromWhereverItWas) {
  Doc doc(as_client(1));
  std::string expected;
  std::uint32_t random = 1;
  for (int i = 0; i < 400; ++i) {
    Edit edit(doc);
    const TypeIndex text = edit.root("text", TypeKind::text).value();
    for (int k = 0; k < 3; ++k) {
      random = random * 1664525 + 1013904223;
      const std::size_t at = (random >> 8) % (expected.size() + 1);
      const std::size_t length = (random >> 20) % 4;
      if ((random & 0x80) != 0 && at + length <= expected.size()) {
        ASSERT_TRUE(edit.remove_text(text, at, length));
        expected.erase(at, length);
      } else {
        const std::string typed(1, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(edit.insert_text(text, at, typed, (random & 0x40) != 0 ? R"({"b":1})" : "{}"));
        expected.insert(at, typed);
      }
    }
    edit.commit();
    ASSERT_EQ(text_in(doc), expected) << i;
  }
  EXPECT_TRUE(check_invariants(doc.state()));
}

TEST(Edit, ForgetsItsPlaceWhenOthersEdit) {
  Doc doc(as_client(1));
  Doc other(as_client(2));
  write_text(doc, "abc");
  ASSERT_TRUE(other.apply(doc.encode_state()));
  {
    Edit edit(other);
    ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, "12345"));
    ASSERT_TRUE(doc.apply(edit.commit().update));
  }
  Edit edit(doc);
  ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 8, "d"));
  edit.commit();
  EXPECT_EQ(text_in(doc), "12345abcd");
}

TEST(Edit, RefusesWhenTheClockIsUsedUp) {
  Doc doc(as_client(1));
  // One GC block of client 1 that ends just before the last clock.
  lib0::Writer update;
  update.write_var_uint(1);
  update.write_var_uint(1);
  update.write_var_uint(1);
  update.write_var_uint(0);
  update.write_u8(0);
  update.write_var_uint(max_clock - 1);
  update.write_var_uint(0);
  ASSERT_TRUE(doc.apply(update.bytes()));
  doc.state().own_client = ClientId{1};
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  EXPECT_EQ(edit.insert_text(text, 0, "ab").error().code, Errc::too_large);
  EXPECT_TRUE(edit.insert_text(text, 0, "a"));
  edit.commit();
}

TEST(Edit, IsMadeUnderAnotherClientWhereBlocksOfTheOwnOneWait) {
  Doc doc(as_client(7));
  ASSERT_TRUE(doc.apply(testing::UpdateBuilder().section(7, 1).text("waits").build()));
  EXPECT_NE(doc.client(), ClientId{7});
  write_text(doc, "a");
  ASSERT_TRUE(doc.apply(testing::UpdateBuilder().section(7, 0).map({.key = "k"}).build()));
  EXPECT_FALSE(doc.has_pending());
}

TEST(Edit, RefusesATypeThatIsGone) {
  Doc doc(as_client(1));
  TypeIndex inner{};
  {
    Edit edit(doc);
    inner = edit.set(edit.root("map", TypeKind::map).value(), "k", NewType{TypeKind::map}).value();
  }
  {
    Edit edit(doc);
    ASSERT_TRUE(edit.unset(edit.root("map", TypeKind::map).value(), "k"));
  }
  Edit edit(doc);
  EXPECT_EQ(edit.set(inner, "x", JsonValue{"1"}).error().code, Errc::invalid_use);
}

}  // namespace
}  // namespace canvas::crdt
