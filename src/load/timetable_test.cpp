#include "load/timetable.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace canvas::load {
namespace {

Plan plan_of(Pattern pattern, double rate) {
  Plan plan;
  plan.pattern = pattern;
  plan.documents = 10;
  plan.clients_per_document = 5;
  plan.rate = rate;
  plan.warm_up_seconds = 1;
  plan.seconds = 9;
  return plan;
}

TEST(Timetable, HasAsManyEventsAsTheRateSays) {
  const Timetable timetable(plan_of(Pattern::typing, 100), 5 * second);
  EXPECT_EQ(timetable.events(), 1000u);
  EXPECT_EQ(timetable.at(0).due, 5 * second);
  EXPECT_EQ(timetable.at(100).due, 6 * second);
  EXPECT_EQ(timetable.begin_of_measurement(), 6 * second);
  EXPECT_EQ(timetable.end(), 15 * second);
}

TEST(Timetable, LetsEverybodyType) {
  const Timetable timetable(plan_of(Pattern::typing, 100), 0);
  std::set<std::uint32_t> clients;
  for (std::uint64_t i = 0; i < timetable.events(); ++i) clients.insert(timetable.at(i).client);
  EXPECT_EQ(clients.size(), 50u);
}

TEST(Timetable, LetsOnePersonDragForASecond) {
  const Timetable timetable(plan_of(Pattern::drag, 40), 0);
  for (std::uint64_t i = 0; i < 400; ++i) EXPECT_EQ(timetable.at(i).client, i / 40);
}

TEST(Timetable, MixesEverythingAndTheSameForTheSameSeed) {
  const Timetable one(plan_of(Pattern::mixed, 500), 0);
  const Timetable other(plan_of(Pattern::mixed, 500), 0);
  std::map<Action, int> counts;
  for (std::uint64_t i = 0; i < one.events(); ++i) {
    EXPECT_EQ(one.at(i).action, other.at(i).action);
    ++counts[one.at(i).action];
  }
  EXPECT_EQ(counts.size(), 5u);
  EXPECT_EQ(counts.count(Action::storm), 0u);
  EXPECT_GT(counts[Action::visit], 50);
}

TEST(Timetable, NamesOnlyClientsThatThereAre) {
  for (const Pattern pattern : {Pattern::drag, Pattern::replace, Pattern::diagram, Pattern::mixed}) {
    const Timetable timetable(plan_of(pattern, 3000), 0);
    for (std::uint64_t i = 0; i < timetable.events(); ++i) ASSERT_LT(timetable.at(i).client, 50u);
  }
}

}  // namespace
}  // namespace canvas::load
