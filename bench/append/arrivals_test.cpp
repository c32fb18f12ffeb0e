#include "append/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace canvas::bench {
namespace {

TEST(Arrivals, TellWhatCameBefore) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.add(0), Arrival::first);
  EXPECT_EQ(arrivals.add(0), Arrival::again);
  EXPECT_EQ(arrivals.add(5), Arrival::first);
  EXPECT_EQ(arrivals.add(5), Arrival::again);
  EXPECT_EQ(arrivals.add(3), Arrival::first);
  EXPECT_EQ(arrivals.add(3), Arrival::again);
}

TEST(Arrivals, CountEachOnceInWhateverOrderTheyCome) {
  std::vector<std::uint32_t> order(500);
  std::iota(order.begin(), order.end(), 0u);
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::shuffle(order.begin(), order.end(), std::mt19937(seed));
    Arrivals arrivals;
    for (const std::uint32_t sequence : order) EXPECT_EQ(arrivals.add(sequence), Arrival::first) << sequence;
    for (const std::uint32_t sequence : order) EXPECT_EQ(arrivals.add(sequence), Arrival::again) << sequence;
  }
}

}  // namespace
}  // namespace canvas::bench
