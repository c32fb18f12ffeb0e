#include "crdt/doc/doc.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <random>

#include "crdt/doc/invariants_internal.h"
#include "crdt/doc/transaction_internal.h"
#include "fixtures/docs.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::as_client;
using testing::id;
using testing::UpdateBuilder;

void expect_sound(const Doc& doc) {
  const Result<void> fits = check_invariants(doc.state());
  EXPECT_TRUE(fits) << fits.error().message;
}

Doc::Applied take(Doc& doc, const Bytes& update) {
  auto applied = doc.apply(update);
  EXPECT_TRUE(applied) << applied.error().message;
  expect_sound(doc);
  return applied ? *applied : Doc::Applied{};
}

std::string text_of(const Doc& doc, std::string_view root = "t") {
  std::string text;
  DocState& state = const_cast<Doc&>(doc).state();
  const std::optional<TypeIndex> type = state.types.find_root(state.names.intern(root));
  if (!type) return text;
  for (ItemIndex i = state.types[*type].first; i != no_item; i = state.items[i].right()) {
    if (!state.items[i].is_deleted()) text += as_text(state.items[i].content());
  }
  return text;
}

TEST(Doc, PutsTextWhereItsNeighboursAre) {
  Doc doc;
  take(doc, UpdateBuilder().section(1, 0).text("hd").build());
  take(doc, UpdateBuilder()
                .section(2, 0)
                .text("ello worl", {.origin = id(1, 0), .right_origin = id(1, 1)})
                .build());
  EXPECT_EQ(text_of(doc), "hello world");
  EXPECT_EQ(doc.item_count(), 3u);
}

TEST(Doc, OrdersWhatWasPutAtOnePlaceByClient) {
  const Bytes base = UpdateBuilder().section(9, 0).text("[]").build();
  const auto insert = [](std::uint64_t client, const char* text) {
    return UpdateBuilder()
        .section(client, 0)
        .text(text, {.origin = id(9, 0), .right_origin = id(9, 1)})
        .build();
  };
  for (const bool ascending : {true, false}) {
    Doc doc;
    take(doc, base);
    take(doc, ascending ? insert(1, "a") : insert(2, "b"));
    take(doc, ascending ? insert(2, "b") : insert(1, "a"));
    EXPECT_EQ(text_of(doc), "[ab]");
  }
}

TEST(Doc, JoinsWhatIsTypedInOneGo) {
  Doc doc;
  take(doc, UpdateBuilder().section(1, 0).text("a").build());
  take(doc, UpdateBuilder().section(1, 1).text("b", {.origin = id(1, 0)}).build());
  EXPECT_EQ(doc.item_count(), 1u);
  EXPECT_EQ(doc.encode_state(), UpdateBuilder().section(1, 0).text("ab").build());
}

TEST(Doc, CollectsWhatIsDeletedUnlessItKeepsIt) {
  const Bytes update = UpdateBuilder().section(1, 0).text("hello").erase(1, 1, 3).build();
  Doc collecting;
  take(collecting, update);
  EXPECT_EQ(collecting.encode_state(), UpdateBuilder()
                                           .section(1, 0)
                                           .text("h")
                                           .deleted(3, {.origin = id(1, 0)})
                                           .text("o", {.origin = id(1, 3)})
                                           .erase(1, 1, 3)
                                           .build());
  Doc keeping({.deleted = Doc::Deleted::keep});
  take(keeping, update);
  EXPECT_EQ(keeping.encode_state(), UpdateBuilder()
                                        .section(1, 0)
                                        .text("h")
                                        .text("ell", {.origin = id(1, 0)})
                                        .text("o", {.origin = id(1, 3)})
                                        .erase(1, 1, 3)
                                        .build());
}

TEST(Doc, LeavesOfADeletedTypeOnlyThatItWas) {
  Doc doc;
  take(doc, UpdateBuilder().section(1, 0).map().text("in it", {.parent = id(1, 0), .key = "k"}).build());
  take(doc, UpdateBuilder().erase(1, 0, 1).build());
  EXPECT_EQ(doc.encode_state(), UpdateBuilder().section(1, 0).deleted(1).gc(5).erase(1, 0, 6).build());
  // What comes later for it has no place either.
  take(doc, UpdateBuilder().section(2, 0).text("late", {.parent = id(1, 0), .key = "k"}).build());
  EXPECT_EQ(doc.delete_set().range_count(), 2u);
}

TEST(Doc, LetsTheLastValueOfAKeyCount) {
  Doc doc;
  take(doc, UpdateBuilder().section(1, 0).text("a", {.key = "k"}).build());
  take(doc, UpdateBuilder().section(2, 0).text("b", {.key = "k"}).build());
  DocState& state = doc.state();
  const TypeIndex root = *state.types.find_root(state.names.intern("t"));
  const ItemIndex value = state.value_of_key(root, state.names.intern("k"));
  ASSERT_NE(value, no_item);
  EXPECT_EQ(as_text(state.items[value].content()), "b");
  EXPECT_EQ(state.value_of_key(root, state.names.intern("other")), no_item);
}

TEST(Doc, HoldsBackWhatItCannotPlaceYet) {
  Doc doc;
  const Bytes late = UpdateBuilder().section(1, 1).text("b", {.origin = id(1, 0)}).erase(1, 0, 1).build();
  EXPECT_FALSE(take(doc, late).changed);
  EXPECT_TRUE(doc.has_pending());
  EXPECT_EQ(doc.encode_state(), late);
  EXPECT_TRUE(take(doc, UpdateBuilder().section(1, 0).text("a").build()).changed);
  EXPECT_FALSE(doc.has_pending());
  EXPECT_EQ(doc.pending_bytes(), 0u);
  EXPECT_EQ(text_of(doc), "b");
}

TEST(Doc, TakesOfABlockWhatItLacks) {
  Doc doc;
  take(doc, UpdateBuilder().section(1, 0).text("ab").build());
  take(doc, UpdateBuilder().section(1, 0).text("abcd").build());
  EXPECT_EQ(text_of(doc), "abcd");
  EXPECT_EQ(doc.item_count(), 1u);
}

TEST(Doc, RefusesWithoutAChange) {
  Doc doc({.max_pending_bytes = 500});
  take(doc, UpdateBuilder().section(1, 0).text("a").build());
  const Bytes before = doc.encode_state();
  Bytes cut = UpdateBuilder().section(2, 0).text("b").build();
  cut.pop_back();
  EXPECT_EQ(doc.apply(cut).error().code, Errc::malformed);
  UpdateBuilder waiting;
  for (std::uint64_t client = 10; client < 20; ++client) waiting.section(client, 5).text("x");
  EXPECT_EQ(doc.apply(waiting.build()).error().code, Errc::too_large);
  EXPECT_EQ(doc.encode_state(), before);
}

TEST(Doc, SaysWhichRootsChanged) {
  Doc doc;
  const Bytes made = UpdateBuilder().section(1, 0).map({.root = "deep"}).text("x", {.root = "flat"}).build();
  EXPECT_EQ(take(doc, made).roots, (std::vector<std::string_view>{"deep", "flat"}));
  EXPECT_TRUE(take(doc, made).roots.empty());
  const Bytes inside = UpdateBuilder().section(2, 0).text("v", {.parent = id(1, 0), .key = "k"}).build();
  EXPECT_EQ(take(doc, inside).roots, std::vector<std::string_view>{"deep"});
  EXPECT_EQ(take(doc, UpdateBuilder().erase(1, 1, 1).build()).roots, std::vector<std::string_view>{"flat"});
}

TEST(Doc, DeletesTypesNestedToAnyDepth) {
  constexpr Clock depth = 100'000;
  UpdateBuilder nested;
  nested.section(1, 0).map();
  for (Clock clock = 1; clock < depth; ++clock) nested.map({.parent = id(1, clock - 1), .key = "k"});
  Doc doc;
  take(doc, nested.build());
  take(doc, UpdateBuilder().erase(1, 0, 1).build());
  EXPECT_EQ(doc.encode_state(),
            UpdateBuilder().section(1, 0).deleted(1).gc(depth - 1).erase(1, 0, depth).build());
}

TEST(Doc, HoldsStretchesOfAnyLength) {
  constexpr std::uint64_t much = std::uint64_t{1} << 40;
  const Bytes update =
      UpdateBuilder().section(1, 0).deleted(much).gc(much).text("x").erase(1, 0, 2 * much).build();
  Doc doc;
  take(doc, update);
  EXPECT_EQ(doc.encode_state(), update);
  // Cut in the middle, far from where its leaf begins, and joined again.
  take(doc, UpdateBuilder().section(2, 0).text("y", {.origin = id(1, much / 2)}).build());
  take(doc, UpdateBuilder().erase(1, much / 2, much / 4).build());
  // Of one client the newer "x" lies before the deleted stretch.
  EXPECT_EQ(text_of(doc), "xy");
}

TEST(Doc, GoesOnUnderAnotherIdWhenItsOwnIsTaken) {
  Doc doc(as_client(7));
  EXPECT_EQ(doc.client(), ClientId{7});
  take(doc, UpdateBuilder().section(7, 0).text("a").build());
  EXPECT_NE(doc.client(), ClientId{7});
}

// ----- own edits

// Puts a text behind so many elements of the root "t", as an editor does; gives the update.
Bytes insert_text(Doc& doc, std::uint64_t offset, std::string_view text) {
  DocState& state = doc.state();
  const TypeIndex root = state.types.intern_root(state.names.intern("t"));
  Transaction transaction(state);
  ItemIndex left = no_item;
  ItemIndex right = state.types[root].first;
  while (right != no_item && offset > 0) {
    if (!state.items[right].is_deleted()) {
      if (offset < state.items[right].length()) transaction.split(right, offset);
      offset -= state.items[right].length();
    }
    left = right;
    right = state.items[right].right();
  }
  transaction.insert({.left = left,
                      .right = right,
                      .parent = root,
                      .kind = ContentKind::string,
                      .content = {text.size(), as_bytes(text)}});
  transaction.finish();
  expect_sound(doc);
  return transaction.encode();
}

TEST(Transaction, YieldsWhatOthersMustBeSent) {
  Doc doc(as_client(1));
  EXPECT_EQ(insert_text(doc, 0, "ad"), UpdateBuilder().section(1, 0).text("ad").build());
  EXPECT_EQ(insert_text(doc, 1, "bc"),
            UpdateBuilder().section(1, 2).text("bc", {.origin = id(1, 0), .right_origin = id(1, 1)}).build());
  Transaction erasing(doc.state());
  erasing.erase(0, {1, 1});
  EXPECT_TRUE(erasing.finish().changed);
  EXPECT_EQ(erasing.encode(), UpdateBuilder().erase(1, 1, 1).build());
  EXPECT_EQ(text_of(doc), "abc");
}

TEST(Transaction, YieldsNothingWhenNothingChanged) {
  Doc doc;
  Transaction transaction(doc.state());
  EXPECT_FALSE(transaction.finish().changed);
  EXPECT_TRUE(transaction.encode().empty());
}

// ----- many at one place

// Random histories of documents that type near the front and hear of each other late, so that siblings pile
// up.
TEST(SiblingIndex, FindsThePlacesThatTheSearchFinds) {
  constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<Doc>> writers;
    for (std::uint64_t client = 0; client < 6; ++client)
      writers.push_back(std::make_unique<Doc>(as_client(1 + (client * 5) % 7)));
    std::vector<Bytes> log;
    std::vector<std::size_t> heard(writers.size(), 0);
    const unsigned spread = 1 + random() % 4;
    for (int step = 0; step < 120; ++step) {
      const std::size_t writer = random() % writers.size();
      if (random() % 3 != 0) {
        log.push_back(insert_text(*writers[writer], random() % spread, random() % 2 == 0 ? "x" : "yz"));
      } else {
        const std::size_t until = heard[writer] + random() % (log.size() - heard[writer] + 1);
        for (; heard[writer] < until; ++heard[writer]) take(*writers[writer], log[heard[writer]]);
      }
    }
    Doc indexed;
    indexed.state().long_search = 0;
    Doc searched;
    searched.state().long_search = never;
    std::shuffle(log.begin(), log.end(), random);
    for (const Bytes& update : log) {
      take(indexed, update);
      take(searched, update);
      ASSERT_EQ(text_of(indexed), text_of(searched)) << "seed " << seed;
    }
    ASSERT_FALSE(indexed.has_pending());
    ASSERT_EQ(indexed.encode_state(), searched.encode_state()) << "seed " << seed;
  }
}

TEST(SiblingIndex, KeepsManyAtOnePlaceCheap) {
  constexpr std::uint64_t count = 100'000;
  for (const bool ascending : {true, false}) {
    Doc doc;
    take(doc, UpdateBuilder().section(1, 0).text("[]").build());
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t client = 10 + (ascending ? i : count - i);
      const Bytes update = UpdateBuilder()
                               .section(client, 0)
                               .text("x", {.origin = id(1, 0), .right_origin = id(1, 1)})
                               .build();
      ASSERT_TRUE(doc.apply(update));
    }
    expect_sound(doc);
    EXPECT_EQ(doc.item_count(), count + 2);
  }
}

// ----- memory

TEST(Doc, AccountsForItsMemory) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#else
  std::mt19937 random(1);
  const std::size_t before = mallinfo2().uordblks;
  const auto doc = std::make_unique<Doc>(as_client(1));
  UpdateBuilder first;
  first.section(2, 0);
  for (int i = 0; i < 300; ++i) first.map({.root = "m", .key = "key " + std::to_string(i)});
  take(*doc, first.build());
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t client = 10 + i % 50;
    UpdateBuilder builder;
    builder.section(client, static_cast<Clock>(i / 50) * 20)
        .text("twenty letters here.",
              {.parent = id(2, random() % 300), .key = "k" + std::to_string(random() % 20)});
    ASSERT_TRUE(doc->apply(builder.build()));
  }
  expect_sound(*doc);
  const auto used = static_cast<double>(mallinfo2().uordblks - before);
  EXPECT_NEAR(static_cast<double>(doc->memory_bytes()), used, 0.15 * used);
#endif
}

}  // namespace
}  // namespace canvas::crdt
