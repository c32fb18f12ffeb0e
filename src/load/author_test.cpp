#include "load/author.h"

#include <gtest/gtest.h>

#include "crdt/block_store.h"
#include "crdt/doc/doc.h"
#include "crdt/update_reader.h"

namespace canvas::load {
namespace {

constexpr crdt::ClientId ann{1};
constexpr crdt::ClientId bob{2};
constexpr std::uint32_t diagram_bytes = 2000;

void see_all(Author& author, BytesView update) {
  crdt::UpdateReader reader(update);
  while (std::optional<crdt::SectionReader> section = reader.next_section()) {
    while (!section->at_end()) author.see(section->next());
    reader.skip_to(*section);
  }
  reader.read_delete_set(
      [&](crdt::ClientId client, crdt::ClockRange range) { author.see_deleted(client, range); });
}

TEST(Author, MakesUpdatesThatADocumentTakesWithNothingLeftWaiting) {
  Author author(ann, diagram_bytes);
  crdt::Doc doc;
  for (int i = 0; i < 20; ++i) {
    for (const Edit edit : {Edit::type, Edit::drag, Edit::replace}) {
      const Author::Update update = author.make(edit);
      ASSERT_TRUE(crdt::check_update(update.bytes));
      ASSERT_TRUE(doc.apply(update.bytes));
      ASSERT_EQ(doc.state_vector().get(ann), update.end);
    }
  }
  EXPECT_FALSE(doc.has_pending());
}

TEST(Author, UsesOneClockForACharacterAndTwoForAPlace) {
  Author author(ann, diagram_bytes);
  EXPECT_EQ(author.make(Edit::type).end, 1u);
  EXPECT_EQ(author.make(Edit::drag).end, 3u);
  EXPECT_EQ(author.make(Edit::replace).end, 3u + diagram_bytes);
}

TEST(Author, ReplacesWhatTheOtherHasWritten) {
  Author a(ann, diagram_bytes);
  Author b(bob, diagram_bytes);
  crdt::BlockStore store;
  for (int i = 0; i < 10; ++i) {
    const Author::Update by_a = a.make(Edit::replace);
    see_all(b, by_a.bytes);
    ASSERT_TRUE(store.apply(by_a.bytes));
    const Author::Update by_b = b.make(Edit::replace);
    see_all(a, by_b.bytes);
    ASSERT_TRUE(store.apply(by_b.bytes));
  }
  EXPECT_EQ(store.live_bytes(), diagram_bytes);
}

TEST(Author, KeepsOnlyTheLastPlaceOfAShape) {
  Author author(ann, diagram_bytes);
  crdt::BlockStore store;
  ASSERT_TRUE(store.apply(author.make(Edit::drag).bytes));
  const std::size_t once = store.live_bytes();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(store.apply(author.make(Edit::drag).bytes));
  EXPECT_LE(store.live_bytes(), once + 8);
}

TEST(DiagramText, IsAsLongAsItIsAskedToBe) {
  for (const std::uint32_t bytes : {200u, 1000u, 20480u}) EXPECT_EQ(diagram_text(bytes, 7).size(), bytes);
  EXPECT_NE(diagram_text(1000, 7), diagram_text(1000, 8));
}

}  // namespace
}  // namespace canvas::load
