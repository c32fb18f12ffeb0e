#include "load/quantile_histogram.h"

#include <gtest/gtest.h>

namespace canvas::load {
namespace {

TEST(QuantileHistogram, TellsQuantilesToWithinTwoPercentAndTheMaximumExactly) {
  QuantileHistogram histogram;
  for (Nanoseconds value = 1; value <= 100'000; ++value) histogram.record(value * 1000);
  EXPECT_EQ(histogram.count(), 100'000u);
  EXPECT_NEAR(histogram.quantile_milliseconds(0.5), 50, 50 * 0.016);
  EXPECT_NEAR(histogram.quantile_milliseconds(0.99), 99, 99 * 0.016);
  EXPECT_DOUBLE_EQ(histogram.max_milliseconds(), 100);
  EXPECT_DOUBLE_EQ(histogram.quantile_milliseconds(1), 100);
}

TEST(QuantileHistogram, NeverTellsAQuantileThatIsTooSmall) {
  for (Nanoseconds value = 1; value < (Nanoseconds{1} << 62); value += value / 4 + 1) {
    QuantileHistogram histogram;
    histogram.record(value);
    histogram.record(Nanoseconds{1} << 62);
    EXPECT_GE(histogram.quantile_milliseconds(0.5) * 1e6, static_cast<double>(value) * 0.999999);
    EXPECT_LE(histogram.quantile_milliseconds(0.5) * 1e6, static_cast<double>(value) * 1.016);
  }
}

TEST(QuantileHistogram, TakesNothingAndWhatIsNegative) {
  QuantileHistogram histogram;
  EXPECT_EQ(histogram.quantile_milliseconds(0.99), 0);
  histogram.record(-5);
  EXPECT_EQ(histogram.quantile_milliseconds(0.99), 0);
  EXPECT_EQ(histogram.count(), 1u);
}

}  // namespace
}  // namespace canvas::load
