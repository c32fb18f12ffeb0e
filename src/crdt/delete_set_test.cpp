#include "crdt/delete_set.h"

#include <gtest/gtest.h>

#include <array>

#include <random>
#include <set>

namespace canvas::crdt {
namespace {

constexpr ClientId one{1};

TEST(DeleteSet, JoinsWhatTouchesOrOverlaps) {
  DeleteSet set;
  set.add(one, {10, 5});
  set.add(one, {20, 5});
  set.add(one, {15, 5});
  EXPECT_EQ(set.range_count(), 1u);
  EXPECT_EQ(set.clients().at(one), (DeleteSet::Ranges{{10, 15}}));
}

TEST(DeleteSet, WritesClientsDescending) {
  DeleteSet set;
  set.add(one, {1, 2});
  set.add(ClientId{5}, {0, 1});
  lib0::Writer out;
  set.write(out);
  EXPECT_EQ(out.take(), (Bytes{2, 5, 1, 0, 1, 1, 1, 1, 2}));
}

TEST(DeleteSet, HoldsTheSameAsAModelAfterRandomWork) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    DeleteSet set;
    std::set<Clock> model;
    for (int step = 0; step < 60; ++step) {
      const ClockRange range{random() % 100, 1 + random() % 12};
      if (random() % 5 == 0) {
        std::set<Clock> taken;
        for (const ClockRange& part : set.take_below(one, range.clock)) {
          for (Clock clock = part.clock; clock < part.end(); ++clock) taken.insert(clock);
        }
        const std::set<Clock> expected(model.begin(), model.lower_bound(range.clock));
        EXPECT_EQ(taken, expected);
        model.erase(model.begin(), model.lower_bound(range.clock));
        continue;
      }
      bool covered = true;
      for (Clock clock = range.clock; clock < range.end(); ++clock) covered &= model.contains(clock);
      EXPECT_EQ(set.covers(one, range), covered);
      set.add(one, range);
      for (Clock clock = range.clock; clock < range.end(); ++clock) model.insert(clock);
    }
    std::set<Clock> held;
    std::size_t ranges = 0;
    for (const auto& [client, list] : set.clients()) {
      for (const ClockRange& range : list) {
        ++ranges;
        EXPECT_FALSE(held.contains(range.clock - 1)) << "neighbours touch";
        for (Clock clock = range.clock; clock < range.end(); ++clock) held.insert(clock);
      }
    }
    EXPECT_EQ(held, model);
    EXPECT_EQ(set.range_count(), ranges);
  }
}

TEST(DeleteSet, MergedWithAnotherHoldsWhatBothHold) {
  std::minstd_rand random(7);
  for (int round = 0; round < 200; ++round) {
    DeleteSet one_by_one;
    std::array<DeleteSet, 2> halves;
    const std::size_t ranges = 1 + random() % 40;
    for (std::size_t i = 0; i < ranges; ++i) {
      const ClientId client{random() % 3};
      const ClockRange range{random() % 200, 1 + random() % 5};
      one_by_one.add(client, range);
      halves[random() % 4 == 0 ? 0 : 1].add(client, range);
    }
    halves[0].merge(halves[1]);
    EXPECT_EQ(halves[0].clients(), one_by_one.clients());
    EXPECT_EQ(halves[0].range_count(), one_by_one.range_count());
  }
}

}  // namespace
}  // namespace canvas::crdt
