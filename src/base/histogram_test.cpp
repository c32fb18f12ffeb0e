#include "base/histogram.h"

#include <gmock/gmock.h>

namespace canvas {
namespace {

using ::testing::ElementsAre;

constexpr std::array<double, 3> bounds{1, 2, 5};

TEST(Histogram, CountsAValueThatIsEqualToABoundBelowIt) {
  Histogram histogram(bounds);
  for (const double value : {0.5, 1.0, 1.5, 5.0, 5.1, 100.0}) histogram.observe(value);
  EXPECT_THAT(histogram.counts(), ElementsAre(2, 1, 1, 2));
}

TEST(Histogram, KnowsHowManyThereWereAndTheirSum) {
  Histogram histogram(bounds);
  histogram.observe(3);
  histogram.observe(std::chrono::milliseconds(1500));
  EXPECT_EQ(histogram.total(), 2u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 4.5);
}

TEST(Histogram, CopiesKeepWhatTheyHad) {
  Histogram histogram(bounds);
  histogram.observe(1);
  const Histogram copy = histogram;
  histogram.observe(1);
  EXPECT_EQ(copy.total(), 1u);
}

}  // namespace
}  // namespace canvas
