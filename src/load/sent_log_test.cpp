#include "load/sent_log.h"

#include <gtest/gtest.h>

#include "load/coverage.h"

namespace canvas::load {
namespace {

SentLog three() {
  SentLog log;
  log.add(1, 100);
  log.add(3, 200);
  log.add(10, 300);
  return log;
}

TEST(SentLog, TellsWhichUpdatesEndInARange) {
  const SentLog log = three();
  EXPECT_EQ(log.between(0, 10).size(), 3u);
  EXPECT_EQ(log.between(1, 3).size(), 1u);
  EXPECT_EQ(log.between(3, 9).size(), 0u);
  EXPECT_EQ(log.between(3, 10).begin()->due, 300);
}

TEST(SentLog, CountsWhatIsMissing) {
  const SentLog log = three();
  EXPECT_EQ(log.count_after(0), 3u);
  EXPECT_EQ(log.count_after(2), 2u);
  EXPECT_EQ(log.count_after(10), 0u);
}

TEST(SentLog, StopsTimingWhatIsSentAgain) {
  SentLog log = three();
  log.stop_timing_after(3);
  EXPECT_EQ(log.between(0, 3).begin()->due, 100);
  EXPECT_EQ(log.between(3, 10).begin()->due, 0);
}

TEST(SentLog, StopsTimingWhatWasUnderWay) {
  SentLog log = three();
  log.stop_timing_since(150);
  EXPECT_EQ(log.between(0, 1).begin()->due, 100);
  EXPECT_EQ(log.between(1, 3).begin()->due, 0);
  EXPECT_EQ(log.between(3, 10).begin()->due, 0);
}

TEST(Coverage, GrowsInOrder) {
  Coverage got;
  EXPECT_TRUE(got.add(0, 5));
  EXPECT_TRUE(got.add(5, 6));
  EXPECT_EQ(got.next(), 6u);
}

TEST(Coverage, HoldsBackWhatComesTooEarly) {
  Coverage got;
  EXPECT_TRUE(got.add(5, 6));
  EXPECT_TRUE(got.add(8, 9));
  EXPECT_EQ(got.next(), 0u);
  EXPECT_TRUE(got.has_gap());
  EXPECT_TRUE(got.add(0, 5));
  EXPECT_EQ(got.next(), 6u);
  EXPECT_TRUE(got.add(6, 8));
  EXPECT_EQ(got.next(), 9u);
  EXPECT_FALSE(got.has_gap());
}

TEST(Coverage, KnowsWhatComesTwice) {
  Coverage got;
  EXPECT_TRUE(got.add(0, 5));
  EXPECT_FALSE(got.add(2, 5));
  EXPECT_TRUE(got.add(7, 9));
  EXPECT_FALSE(got.add(7, 9));
  EXPECT_TRUE(got.add(3, 6));
}

}  // namespace
}  // namespace canvas::load
