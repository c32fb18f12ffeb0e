#include "crdt/block_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "crdt/merge.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::id;
using testing::UpdateBuilder;
using Effect = BlockStore::Applied::Effect;

BlockStore::Applied take(BlockStore& store, const Bytes& update) {
  auto applied = store.apply(update);
  EXPECT_TRUE(applied) << (applied ? "" : applied.error().message);
  return applied ? std::move(*applied) : BlockStore::Applied{};
}

Bytes state_of(const BlockStore& store) {
  return *store.encode_state();
}

TEST(BlockStore, KeepsWhatItIsGiven) {
  const Bytes update = UpdateBuilder().section(1, 0).text("hello").map({.key = "k"}).erase(1, 1, 2).build();
  BlockStore store;
  EXPECT_EQ(take(store, update).effect, Effect::whole);
  EXPECT_EQ(store.state_vector().get(ClientId{1}), 6u);
  // h, two deleted, lo, the map
  EXPECT_EQ(store.block_count(), 4u);
  const Bytes expected = UpdateBuilder()
                             .section(1, 0)
                             .text("h")
                             .deleted(2, {.origin = id(1, 0)})
                             .text("lo", {.origin = id(1, 2)})
                             .map({.key = "k"})
                             .erase(1, 1, 2)
                             .build();
  EXPECT_EQ(state_of(store), expected);
}

TEST(BlockStore, JoinsWhatWasTypedInOneGo) {
  BlockStore store;
  for (Clock clock = 0; clock < 1000; ++clock) {
    UpdateBuilder::At at;
    if (clock > 0) at.origin = id(1, clock - 1);
    take(store, UpdateBuilder().section(1, clock).text("x", at).build());
  }
  EXPECT_EQ(store.block_count(), 1u);
  EXPECT_EQ(store.live_bytes(), 1000u);
}

TEST(BlockStore, GivesUpContentThatIsDeleted) {
  BlockStore store;
  take(store, UpdateBuilder().section(1, 0).text(std::string(100'000, 'x')).build());
  EXPECT_GT(store.memory_bytes(), 100'000u);
  take(store, UpdateBuilder().erase(1, 0, 100'000).build());
  EXPECT_LT(store.memory_bytes(), 2'000u);
  EXPECT_EQ(store.live_bytes(), 0u);
}

TEST(BlockStore, SaysWhetherAnUpdateBroughtNews) {
  BlockStore store;
  const Bytes first = UpdateBuilder().section(1, 0).text("abc").build();
  const Bytes more = UpdateBuilder().section(1, 0).text("abcdef").erase(1, 1, 1).build();
  EXPECT_EQ(take(store, first).effect, Effect::whole);
  EXPECT_EQ(take(store, first).effect, Effect::nothing);
  const BlockStore::Applied applied = take(store, more);
  EXPECT_EQ(applied.effect, Effect::part);
  EXPECT_EQ(applied.news,
            UpdateBuilder().section(1, 3).text("def", {.origin = id(1, 2)}).erase(1, 1, 1).build());
  EXPECT_EQ(take(store, more).effect, Effect::nothing);
  EXPECT_EQ(take(store, UpdateBuilder().build()).effect, Effect::nothing);
}

TEST(BlockStore, HoldsBackWhatComesTooEarly) {
  BlockStore store;
  EXPECT_EQ(take(store, UpdateBuilder().section(1, 3).text("d", {.origin = id(1, 2)}).build()).effect,
            Effect::whole);
  EXPECT_EQ(take(store, UpdateBuilder().section(2, 0).text("z", {.origin = id(1, 3)}).build()).effect,
            Effect::whole);
  EXPECT_TRUE(store.has_pending());
  EXPECT_TRUE(store.state_vector().entries().empty());
  // A second time it is known.
  EXPECT_EQ(take(store, UpdateBuilder().section(2, 0).text("z", {.origin = id(1, 3)}).build()).effect,
            Effect::nothing);

  take(store, UpdateBuilder().section(1, 0).text("abc").build());
  EXPECT_FALSE(store.has_pending());
  EXPECT_EQ(store.state_vector(), StateVector({{ClientId{1}, 4}, {ClientId{2}, 1}}));
}

TEST(BlockStore, HoldsBackDeletionsOfWhatIsNotThere) {
  BlockStore store;
  EXPECT_EQ(take(store, UpdateBuilder().erase(7, 1, 3).build()).effect, Effect::whole);
  EXPECT_EQ(take(store, UpdateBuilder().erase(7, 1, 3).build()).effect, Effect::nothing);
  EXPECT_TRUE(store.has_pending());
  // What waits is part of what others are sent.
  EXPECT_EQ(state_of(store), UpdateBuilder().erase(7, 1, 3).build());
  take(store, UpdateBuilder().section(7, 0).text("ab").build());
  EXPECT_TRUE(store.has_pending());
  take(store, UpdateBuilder().section(7, 2).text("cdef", {.origin = id(7, 1)}).build());
  EXPECT_FALSE(store.has_pending());
  EXPECT_EQ(store.live_bytes(), 3u);
}

TEST(BlockStore, SendsWhatWaitsBehindASkip) {
  BlockStore store;
  take(store, UpdateBuilder().section(1, 0).text("ab").build());
  take(store, UpdateBuilder().section(1, 5).text("f", {.origin = id(1, 4)}).build());
  const Bytes expected =
      UpdateBuilder().section(1, 0).text("ab").skip(3).text("f", {.origin = id(1, 4)}).build();
  EXPECT_EQ(state_of(store), expected);
  BlockStore other;
  take(other, expected);
  EXPECT_EQ(state_of(other), expected);
}

TEST(BlockStore, TakesPartsOfOneUpdateThatWaitForEachOther) {
  // 1:1 needs 2:0, 2:1 needs 1:1, 1:2 needs 2:1.
  const Bytes update = UpdateBuilder()
                           .section(2, 0)
                           .text("a")
                           .map({.origin = id(1, 1)})
                           .section(1, 0)
                           .text("b")
                           .map({.origin = id(2, 0)})
                           .map({.origin = id(2, 1)})
                           .build();
  BlockStore store;
  take(store, update);
  EXPECT_FALSE(store.has_pending());
  EXPECT_EQ(store.state_vector(), StateVector({{ClientId{1}, 3}, {ClientId{2}, 2}}));
}

TEST(BlockStore, ACircleWaitsAndHarmsNobody) {
  BlockStore store;
  take(store, UpdateBuilder()
                  .section(2, 0)
                  .text("a", {.origin = id(1, 0)})
                  .section(1, 0)
                  .text("b", {.origin = id(2, 0)})
                  .build());
  EXPECT_TRUE(store.has_pending());
  take(store, UpdateBuilder().section(3, 0).text("c").build());
  EXPECT_EQ(store.state_vector(), StateVector({{ClientId{3}, 1}}));
}

TEST(BlockStore, EncodesTheDifferenceFromTheMiddleOfABlock) {
  BlockStore store;
  take(store, UpdateBuilder().section(1, 0).text("hello").section(2, 0).text("x").erase(2, 0, 1).build());
  const Bytes difference = store.encode_difference(StateVector({{ClientId{1}, 3}, {ClientId{2}, 1}}));
  EXPECT_EQ(difference,
            UpdateBuilder().section(1, 3).text("lo", {.origin = id(1, 2)}).erase(2, 0, 1).build());
}

TEST(BlockStore, CutsASurrogatePairIntoTwoReplacementCharacters) {
  BlockStore store;
  take(store, UpdateBuilder()
                  .section(1, 0)
                  .text("a\xf0\x9f\x98\x80"
                        "b")
                  .build());
  EXPECT_EQ(store.encode_difference(StateVector({{ClientId{1}, 2}})), UpdateBuilder()
                                                                          .section(1, 2)
                                                                          .text("\xef\xbf\xbd"
                                                                                "b",
                                                                                {.origin = id(1, 1)})
                                                                          .build());
  take(store, UpdateBuilder().erase(1, 2, 1).build());
  EXPECT_EQ(store.live_bytes(), 1u + 3u + 1u);
}

TEST(BlockStore, TakesClientIdsOf53Bits) {
  const std::uint64_t client = (std::uint64_t{1} << 53) - 1;
  BlockStore store;
  take(store, UpdateBuilder()
                  .section(client, 0)
                  .text("a")
                  .section(client - 1, 0)
                  .text("b", {.origin = id(client, 0)})
                  .build());
  EXPECT_EQ(store.state_vector().get(ClientId{client}), 1u);
  EXPECT_EQ(store.state_vector().get(ClientId{client - 1}), 1u);
}

TEST(BlockStore, KeepsADeletedTypeForTheSakeOfItsChildren) {
  BlockStore store;
  take(store, UpdateBuilder()
                  .section(1, 0)
                  .map({.key = "k"})
                  .text("v", {.parent = id(1, 0), .key = "a"})
                  .erase(1, 0, 2)
                  .build());
  EXPECT_EQ(state_of(store), UpdateBuilder()
                                 .section(1, 0)
                                 .map({.key = "k"})
                                 .deleted(1, {.parent = id(1, 0), .key = "a"})
                                 .erase(1, 0, 2)
                                 .build());
}

TEST(BlockStore, IgnoresBlocksWithoutLength) {
  BlockStore store;
  EXPECT_EQ(take(store, UpdateBuilder().section(1, 0).text("").gc(0).text("a").build()).effect,
            Effect::whole);
  EXPECT_EQ(store.block_count(), 1u);
}

TEST(BlockStore, LeavesNothingBehindWhenAnUpdateIsMalformed) {
  BlockStore store;
  Bytes update = UpdateBuilder().section(1, 0).text("good").section(2, 0).text("also").build();
  update.pop_back();
  const auto applied = store.apply(update);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Errc::malformed);
  EXPECT_EQ(store.block_count(), 0u);
  EXPECT_TRUE(store.state_vector().entries().empty());
}

TEST(BlockStore, BoundsWhatMayWait) {
  BlockStore store({.max_pending_bytes = 20'000});
  bool refused = false;
  for (Clock clock = 1; clock < 2000 && !refused; clock += 2) {
    const auto applied = store.apply(UpdateBuilder().section(1, clock).gc(1).build());
    if (!applied) refused = applied.error().code == Errc::too_large;
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(store.pending_bytes(), 20'000u);
  // A deletion that waits is refused as well, and who waits for nothing goes on.
  UpdateBuilder deletions;
  for (Clock clock = 0; clock < 2000; clock += 2) deletions.erase(8, clock, 1);
  EXPECT_FALSE(store.apply(deletions.build()));
  UpdateBuilder large;
  large.section(3, 0).map();
  for (int i = 0; i < 1000; ++i) large.map({.origin = id(2, 0)});
  large.section(2, 0).text("x");
  EXPECT_TRUE(store.apply(large.build()));
  EXPECT_EQ(store.state_vector().get(ClientId{3}), 1001u);
}

TEST(BlockStore, KeepsBlocksThatAreWrittenLongerThanTheyMustBeInTheirShortestForm) {
  // Client 1 as two bytes, a parent that is told by 2 (which means 0), a length with a zero behind it.
  const Bytes update{1,    2, 0x81, 0, 0, 0x27, 1,   1,    't', 1,   'k', 1,
                     0x24, 2, 0x81, 0, 0, 1,    'j', 0x82, 0,   'a', 'b', 0};
  BlockStore store;
  take(store, update);
  EXPECT_EQ(
      state_of(store),
      UpdateBuilder().section(1, 0).map({.key = "k"}).text("ab", {.parent = id(1, 0), .key = "j"}).build());
}

TEST(BlockStore, RemembersNothingOfClientsThatAreOnlyReferredTo) {
  BlockStore store({.max_pending_bytes = 100'000});
  take(store, UpdateBuilder().section(1, 0).text("a").build());
  const std::size_t before = store.memory_bytes();
  for (std::uint64_t client = 2; client < 1000; ++client) {
    const Bytes waits =
        UpdateBuilder().section(client, 0).text("x", {.origin = id(client + 5000, 0)}).build();
    if (!store.apply(waits)) break;
  }
  EXPECT_EQ(store.memory_bytes() - store.pending_bytes(), before);
}

TEST(BlockStore, KeepsTenThousandClientsInLittleMemoryAndInTheirOrder) {
  constexpr std::uint64_t clients = 10'000;
  BlockStore store;
  for (std::uint64_t client = 1; client <= clients; ++client) {
    UpdateBuilder::At at;
    if (client > 1) at.origin = id(client - 1, 0);
    take(store, UpdateBuilder().section(client, 0).text("x", at).build());
  }
  EXPECT_LT(store.memory_bytes() / clients, 500u);
  EXPECT_EQ(store.block_count(), clients);
  BlockStore loaded;
  take(loaded, state_of(store));
  EXPECT_EQ(state_of(loaded), state_of(store));
}

TEST(BlockStore, TakesDeletionsInAnyOrderAndAsOftenAsTheyAreNamed) {
  constexpr Clock length = 40;
  BlockStore store;
  take(store, UpdateBuilder().section(1, 0).text(std::string(length, 'x')).build());
  UpdateBuilder descending;
  UpdateBuilder ascending;
  for (Clock clock = 0; clock < 2 * length; clock += 2) {
    descending.erase(1, 2 * length - 2 - clock, 1);
    descending.erase(1, 2 * length - 2 - clock, 1);
    ascending.erase(1, clock, 1);
  }
  EXPECT_FALSE(store.knows(descending.build()).value());
  EXPECT_EQ(store.live_bytes_after(descending.build()).value(), store.live_bytes());
  BlockStore other;
  take(other, state_of(store));
  EXPECT_EQ(take(store, descending.build()).effect, Effect::whole);
  EXPECT_EQ(take(other, ascending.build()).effect, Effect::whole);
  EXPECT_EQ(state_of(store), state_of(other));
  EXPECT_EQ(store.live_bytes(), length / 2);
  EXPECT_TRUE(store.has_pending());
}

TEST(BlockStore, CountsWhatAnUpdateDeletesOnceHoweverOftenItIsNamed) {
  BlockStore store;
  take(store, UpdateBuilder()
                  .section(1, 0)
                  .text(std::string(100, 'x'))
                  .section(2, 0)
                  .text(std::string(100, 'y'))
                  .build());
  UpdateBuilder update;
  update.section(3, 0).text(std::string(150, 'z'));
  for (int i = 0; i < 10; ++i) update.erase(1, 0, 100);
  EXPECT_EQ(store.live_bytes_after(update.build()).value(), 250u);
  take(store, update.build());
  EXPECT_EQ(store.live_bytes(), 250u);
}

TEST(BlockStore, TakesATypeWhoseReferenceIsWrittenWithTenZeros) {
  // client 1, clock 0: a type in root "r" whose reference, Array, is written with ten bytes of zeros before
  // it
  Bytes update{1, 1, 1, 0, 7, 1, 1, 'r'};
  update.insert(update.end(), 10, 0x80);
  update.insert(update.end(), {0, 0});
  BlockStore store;
  take(store, update);
  take(store, UpdateBuilder().section(1, 1).text("x").build());
  BlockStore loaded;
  take(loaded, state_of(store));
  EXPECT_EQ(state_of(loaded), state_of(store));
}

TEST(MergeUpdates, GivesOneUpdateThatDoesWhatAllDo) {
  const Bytes a = UpdateBuilder().section(1, 3).text("d", {.origin = id(1, 2)}).build();
  const Bytes b = UpdateBuilder().section(1, 0).text("abc").erase(1, 0, 1).build();
  const std::vector<BytesView> updates{a, b};
  const auto merged = merge_updates(updates);
  ASSERT_TRUE(merged);
  EXPECT_EQ(
      *merged,
      UpdateBuilder().section(1, 0).deleted(1).text("bcd", {.origin = id(1, 0)}).erase(1, 0, 1).build());
  const std::vector<BytesView> with_bad{a, BytesView(b).first(3)};
  EXPECT_FALSE(merge_updates(with_bad));
}

// A random history of some clients: every update is one block or deletion that refers to what its client had
// seen.
std::vector<Bytes> random_history(std::mt19937& random, int clients, int steps) {
  std::vector<Clock> ends(static_cast<std::size_t>(clients), 0);
  std::vector<Bytes> updates;
  const auto random_id = [&]() -> std::optional<Id> {
    const std::size_t client = random() % ends.size();
    if (ends[client] == 0 || random() % 4 == 0) return std::nullopt;
    return id(client * 1'000'000'007 + 1, random() % ends[client]);
  };
  for (int step = 0; step < steps; ++step) {
    const std::size_t client = random() % ends.size();
    const std::uint64_t name = client * 1'000'000'007 + 1;
    UpdateBuilder update;
    UpdateBuilder::At at{.origin = random_id(), .right_origin = random_id()};
    if (ends[client] > 0 && random() % 2 == 0) at = {.origin = id(name, ends[client] - 1)};
    if (!at.origin && !at.right_origin && random() % 2 == 0) at.key = "k" + std::to_string(random() % 5);
    update.section(name, ends[client]);
    switch (random() % 5) {
      case 0:
        update.map(at);
        ends[client] += 1;
        break;
      case 1:
        update.gc(2);
        ends[client] += 2;
        break;
      case 2:
        update.deleted(3, at);
        ends[client] += 3;
        break;
      default: {
        const std::string text(1 + random() % 6, static_cast<char>('a' + random() % 26));
        update.text(text, at);
        ends[client] += text.size();
      }
    }
    if (random() % 3 == 0) {
      const std::size_t victim = random() % ends.size();
      if (ends[victim] > 0) {
        const Clock clock = random() % ends[victim];
        update.erase(victim * 1'000'000'007 + 1, clock, 1 + random() % (ends[victim] - clock));
      }
    }
    updates.push_back(update.build());
  }
  return updates;
}

TEST(BlockStore, ComesOutTheSameInWhateverOrderUpdatesCome) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<Bytes> history = random_history(random, 1 + static_cast<int>(random() % 6), 120);
    BlockStore straight;
    for (const Bytes& update : history) take(straight, update);
    ASSERT_FALSE(straight.has_pending());
    const Bytes expected = state_of(straight);

    // Shuffled, some twice, some merged into one, and the receiver is asked for differences on the way.
    BlockStore shuffled;
    BlockStore follower;
    std::shuffle(history.begin(), history.end(), random);
    for (std::size_t at = 0; at < history.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 4, history.size() - at);
      const std::vector<BytesView> group(history.begin() + static_cast<std::ptrdiff_t>(at),
                                         history.begin() + static_cast<std::ptrdiff_t>(at + count));
      const Bytes merged = merge_updates(group).value();
      const BlockStore::Applied applied = take(shuffled, merged);
      EXPECT_EQ(take(shuffled, merged).effect, Effect::nothing);
      // A follower that gets only the news stays level.
      if (applied.effect == Effect::whole) take(follower, merged);
      if (applied.effect == Effect::part) take(follower, applied.news);
      if (random() % 10 == 0) take(follower, shuffled.encode_difference(follower.state_vector()));
      ASSERT_EQ(follower.state_vector(), shuffled.state_vector());
      at += count;
    }
    EXPECT_FALSE(shuffled.has_pending());
    EXPECT_EQ(state_of(shuffled), expected);
    EXPECT_EQ(state_of(follower), expected);
    EXPECT_EQ(shuffled.live_bytes(), straight.live_bytes());
    EXPECT_EQ(shuffled.pending_bytes(), 0u);

    BlockStore loaded;
    take(loaded, expected);
    EXPECT_EQ(state_of(loaded), expected);
    EXPECT_EQ(loaded.block_count(), straight.block_count());
  }
}

}  // namespace
}  // namespace canvas::crdt
