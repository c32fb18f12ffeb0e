#include "log/sampler.h"

#include <gtest/gtest.h>

namespace canvas::log {
namespace {

using std::chrono::seconds;

class SamplerTest : public ::testing::Test {
protected:
  std::optional<std::uint64_t> come(std::string_view event = "limit.hit") {
    return sampler_.admit(event, Level::warning, "security", now_);
  }
  void come_often(int times) {
    for (int i = 0; i < times; ++i) come();
  }

  Sampler::Time now_{seconds(1000)};
  Sampler sampler_;
};

TEST_F(SamplerTest, LetsABurstThroughAndLeavesTheRestOut) {
  sampler_.set_rate("limit.hit", {1, 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(come(), 0u);
  EXPECT_EQ(come(), std::nullopt);
}

TEST_F(SamplerTest, TellsTheNextLineWhatWasLeftOut) {
  sampler_.set_rate("limit.hit", {1, 3});
  come_often(10);
  now_ += seconds(1);
  EXPECT_EQ(come(), 7u);
  now_ += seconds(1);
  EXPECT_EQ(come(), 0u);
}

TEST_F(SamplerTest, CountsEachEventApart) {
  sampler_.set_rate("limit.hit", {1, 1});
  come_often(2);
  EXPECT_EQ(come("store.unreachable"), 0u);
}

TEST_F(SamplerTest, TellsWhenNoLineFollows) {
  sampler_.set_rate("limit.hit", {1, 3});
  come_often(10);
  EXPECT_TRUE(sampler_.take_due(now_).empty());
  const auto due = sampler_.take_due(now_ + seconds(1));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].event, "limit.hit");
  EXPECT_EQ(due[0].kind, "security");
  EXPECT_EQ(due[0].level, Level::warning);
  EXPECT_EQ(due[0].lines, 7u);
  EXPECT_TRUE(sampler_.take_all().empty());
}

TEST_F(SamplerTest, TellsAllAtTheEnd) {
  sampler_.set_rate("limit.hit", {1, 3});
  come_often(10);
  const auto all = sampler_.take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].lines, 7u);
}

TEST_F(SamplerTest, ForgetsNoCountWhenTheRateChanges) {
  sampler_.set_rate("limit.hit", {1, 1});
  come_often(5);
  sampler_.set_rate("limit.hit", {1, 1});
  EXPECT_EQ(come(), 4u);
}

}  // namespace
}  // namespace canvas::log
