#include "crdt/doc/item_list.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace canvas::crdt {
namespace {

// Item numbers by the clock at which they begin.
using Model = std::map<Clock, ItemIndex>;

void expect_same(const ItemList& list, const Model& model) {
  ASSERT_EQ(list.size(), model.size());
  ItemList::Position at = list.first();
  for (const auto& [clock, item] : model) {
    ASSERT_EQ(list.clock_at(at), clock);
    ASSERT_EQ(list.at(at), item);
    ASSERT_EQ(list.find(clock), at);
    at = list.next(at);
  }
  ASSERT_TRUE(list.is_end(at));
}

TEST(ItemList, FindsWhatWasAddedCutAndJoined) {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int round = 0; round < 20; ++round) {
    ItemList list;
    Model model;
    ItemIndex items = 0;
    for (int step = 0; step < 2000; ++step) {
      const std::uint64_t choice = below(round % 2 == 0 ? 10 : 4);
      if (list.empty() || choice < 2) {
        model[list.end()] = items;
        list.append(items++, 1 + below(step % 50 == 0 ? std::uint64_t{1} << 34 : 9));
        continue;
      }
      const Clock clock = (std::uint64_t{random()} << 32 | random()) % list.end();
      const ItemList::Position found = list.find(clock);
      ASSERT_EQ(list.at(found), std::prev(model.upper_bound(clock))->second);
      if (choice == 2 && list.clock_at(found) != clock) {
        const ItemList::Position placed = list.insert_after(found, items, clock);
        ASSERT_EQ(list.at(placed), items);
        model[clock] = items++;
      } else if (choice > 2 && !list.is_first(found)) {
        const ItemIndex left = list.at(list.previous(found));
        model.erase(list.clock_at(found));
        ASSERT_EQ(list.at(list.remove(found)), left);
      }
    }
    expect_same(list, model);
  }
}

TEST(ItemList, CountsFromTheItemThatAClockIsIn) {
  ItemList list;
  for (ItemIndex item = 0; item < 1000; ++item) list.append(item, 3);
  EXPECT_EQ(list.count_from(0), 1000u);
  EXPECT_EQ(list.count_from(4), 999u);
  EXPECT_EQ(list.count_from(2999), 1u);
  EXPECT_EQ(list.count_from(3000), 0u);
}

}  // namespace
}  // namespace canvas::crdt
