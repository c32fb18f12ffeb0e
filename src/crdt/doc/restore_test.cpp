#include "crdt/doc/restore.h"

#include <gtest/gtest.h>

#include "fixtures/docs.h"
#include "fixtures/update_builder.h"

#include "crdt/block_store.h"
#include "crdt/doc/edit.h"
#include "crdt/doc/invariants_internal.h"
#include "crdt/doc/read.h"
#include "crdt/update_reader.h"

namespace canvas::crdt {
namespace {

using testing::as_client;

constexpr ClientId author{99};

// A document with something of everything.
void fill(Doc& doc) {
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  ASSERT_TRUE(edit.set(map, "k", JsonValue{"1"}));
  const TypeIndex inner = edit.set(map, "inner", NewType{TypeKind::map}).value();
  ASSERT_TRUE(edit.set(inner, "deep", JsonValue{"\"down\""}));
  const TypeIndex array = edit.root("array", TypeKind::array).value();
  const Value values[] = {JsonValue{"1"}, JsonValue{"2"}, JsonValue{"3"}, NewType{TypeKind::array}};
  const TypeIndex nested = edit.insert(array, 0, values).value().front();
  ASSERT_TRUE(edit.insert(nested, 0, std::span(values).first(2)));
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 0, "hello world"));
  ASSERT_TRUE(edit.format(text, 0, 5, R"({"bold":true})"));
  edit.commit();
}

void change(Doc& doc) {
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  ASSERT_TRUE(edit.unset(map, "inner"));
  ASSERT_TRUE(edit.set(map, "k", JsonValue{"2"}));
  ASSERT_TRUE(edit.set(map, "new", JsonValue{"2"}));
  const TypeIndex array = edit.root("array", TypeKind::array).value();
  ASSERT_TRUE(edit.remove(array, 1, 3));
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 11, "!"));
  ASSERT_TRUE(edit.format(text, 0, 5, R"({"bold":null,"i":1})"));
  ASSERT_TRUE(edit.remove_text(text, 2, 6));
  ASSERT_TRUE(edit.set(edit.root("later", TypeKind::map).value(), "x", JsonValue{"1"}));
  edit.commit();
}

std::string content_of(const Doc& doc) {
  return to_json(doc).value() + to_delta(doc, find_root(doc, "text").value()).value();
}

TEST(Restore, BringsAnEarlierStateBack) {
  Doc doc(as_client(1));
  fill(doc);
  const std::string content = content_of(doc);
  const Bytes past = doc.encode_state();
  change(doc);
  const RestoringUpdate restored = restore_state(doc.encode_state(), past, author).value();
  EXPECT_TRUE(restored.changed);
  EXPECT_TRUE(check_update(restored.update));
  ASSERT_TRUE(doc.apply(restored.update));
  EXPECT_EQ(content_of(doc), content.substr(0, content.find(R"("text")")) +
                                 R"("text":"hello world","later":{})" + content.substr(content.find("}[{")));
  EXPECT_TRUE(check_invariants(doc.state()));
}

TEST(Restore, EditsTheDocumentInPlace) {
  Doc doc(as_client(1));
  Doc past;
  Doc follower;
  fill(doc);
  ASSERT_TRUE(past.apply(doc.encode_state()));
  change(doc);
  ASSERT_TRUE(follower.apply(doc.encode_state()));
  const Restored restored = restore(doc, past).value();
  EXPECT_EQ(restored.roots.size(), 4u);
  ASSERT_TRUE(follower.apply(restored.update));
  EXPECT_EQ(content_of(follower), content_of(doc));
  EXPECT_EQ(to_delta(doc, find_root(doc, "text").value()).value(),
            to_delta(past, find_root(past, "text").value()).value());
}

TEST(Restore, WorksOnWhatABlockStoreHasKept) {
  Doc doc(as_client(1));
  fill(doc);
  BlockStore store;
  ASSERT_TRUE(store.apply(doc.encode_state()));
  const Bytes past(store.encode_state()->begin(), store.encode_state()->end());
  change(doc);
  ASSERT_TRUE(store.apply(doc.encode_state()));
  const RestoringUpdate restored = restore_state(*store.encode_state(), past, author).value();
  ASSERT_TRUE(store.apply(restored.update));
  Doc loaded;
  ASSERT_TRUE(loaded.apply(*store.encode_state()));
  EXPECT_EQ(to_json(loaded, find_root(loaded, "map").value(), TypeKind::map).value(),
            R"({"k":1,"inner":{"deep":"down"}})");
  EXPECT_EQ(to_json(loaded, find_root(loaded, "array").value(), TypeKind::array).value(), "[1,2,3,[1,2]]");
}

TEST(Restore, ChangesNothingWhereNothingChanged) {
  Doc doc(as_client(1));
  fill(doc);
  const RestoringUpdate restored = restore_state(doc.encode_state(), doc.encode_state(), author).value();
  EXPECT_FALSE(restored.changed);
  EXPECT_EQ(restored.update, (Bytes{0, 0}));
}

TEST(Restore, KeepsWhatOthersEditMeanwhile) {
  Doc doc(as_client(1));
  Doc other(as_client(2));
  fill(doc);
  const Bytes past = doc.encode_state();
  change(doc);
  ASSERT_TRUE(other.apply(doc.encode_state()));
  const RestoringUpdate restored = restore_state(doc.encode_state(), past, author).value();
  Bytes concurrent;
  {
    Edit edit(other);
    ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, ">"));
    concurrent = edit.commit().update;
  }
  ASSERT_TRUE(doc.apply(restored.update));
  ASSERT_TRUE(doc.apply(concurrent));
  ASSERT_TRUE(other.apply(restored.update));
  EXPECT_EQ(content_of(doc), content_of(other));
  EXPECT_EQ(to_text(doc, find_root(doc, "text").value()).value(), ">hello world");
}

// One run that was deleted comes back as one item, not as many as it was cut into.
TEST(Restore, MakesFewItems) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(edit.insert_text(text, 0, "x"));
  edit.commit();
  const Bytes past = doc.encode_state();
  Edit second(doc);
  ASSERT_TRUE(second.remove_text(text, 0, 100));
  second.commit();
  Doc then;
  ASSERT_TRUE(then.apply(past));
  const std::size_t before = doc.item_count();
  ASSERT_TRUE(restore(doc, then));
  EXPECT_EQ(doc.item_count(), before + 1);
}

TEST(Restore, TakesAPastThatIsOfAnotherHistory) {
  Doc doc(as_client(1));
  Doc stranger(as_client(2));
  fill(doc);
  fill(stranger);
  change(stranger);
  ASSERT_TRUE(restore(doc, stranger));
  EXPECT_EQ(content_of(doc), content_of(stranger));
  EXPECT_TRUE(check_invariants(doc.state()));
}

TEST(Restore, TakesTypesThatAreNestedDeep) {
  Doc doc(as_client(1));
  Edit edit(doc);
  TypeIndex map = edit.root("map", TypeKind::map).value();
  for (int i = 0; i < 20000; ++i) map = edit.set(map, "k", NewType{TypeKind::map}).value();
  edit.commit();
  const Bytes past = doc.encode_state();
  const std::string json = to_json(doc).value();
  Edit second(doc);
  ASSERT_TRUE(second.unset(second.root("map", TypeKind::map).value(), "k"));
  second.commit();
  ASSERT_TRUE(doc.apply(restore_state(doc.encode_state(), past, author).value().update));
  EXPECT_EQ(to_json(doc).value(), json);
}

TEST(Restore, RefusesBadStates) {
  EXPECT_EQ(restore_state(as_bytes("\x01"), Bytes{0, 0}, author).error().code, Errc::malformed);
  EXPECT_EQ(restore_state(Bytes{0, 0}, as_bytes("\x01"), author).error().code, Errc::malformed);
}

TEST(StateAtSnapshot, IsTheStateOfThatTime) {
  Doc doc({.deleted = Doc::Deleted::keep, .client = ClientId{1}});
  fill(doc);
  const Snapshot snapshot{doc.delete_set(), doc.state_vector()};
  const std::string content = content_of(doc);
  change(doc);
  Doc then;
  ASSERT_TRUE(then.apply(state_at_snapshot(doc.encode_state(), snapshot).value()));
  EXPECT_EQ(content_of(then), content);
  EXPECT_EQ(then.state_vector(), snapshot.state);
}

TEST(StateAtSnapshot, IsRefusedWhenContentWasCollected) {
  Doc doc(as_client(1));
  fill(doc);
  const Snapshot snapshot{doc.delete_set(), doc.state_vector()};
  change(doc);
  EXPECT_EQ(state_at_snapshot(doc.encode_state(), snapshot).error().code, Errc::not_found);
}

TEST(StateAtSnapshot, IsRefusedWhenItIsNotThere) {
  Doc doc(as_client(1));
  fill(doc);
  EXPECT_EQ(state_at_snapshot(Bytes{0, 0}, {{}, doc.state_vector()}).error().code, Errc::not_found);
  EXPECT_EQ(state_at_snapshot(as_bytes("\x01"), {{}, doc.state_vector()}).error().code, Errc::malformed);
}

TEST(Restore, RefusesAPastWithBlocksOfTheAuthorThatThePresentLacks) {
  const Bytes past = testing::UpdateBuilder().section(5, 0).text("abc").build();
  const Bytes present = testing::UpdateBuilder().section(5, 0).text("a").build();
  EXPECT_EQ(restore_state(present, past, ClientId{5}).error().code, Errc::invalid_use);
  EXPECT_TRUE(restore_state(present, past, ClientId{6}));
}

}  // namespace
}  // namespace canvas::crdt
