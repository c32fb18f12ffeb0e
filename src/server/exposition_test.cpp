#include "server/exposition.h"

#include <gmock/gmock.h>

namespace canvas::server {
namespace {

using ::testing::HasSubstr;

constexpr std::array<double, 2> bounds{1, 2};

TEST(Exposition, WritesAHistogramCumulativeAndWithInfinityAtTheEnd) {
  Histogram values(bounds);
  for (const double value : {0.5, 1.5, 1.5, 9.0}) values.observe(value);
  Exposition exposition({});
  exposition.histogram("h", "Help", values);
  EXPECT_EQ(exposition.text(),
            "# HELP h Help\n# TYPE h histogram\nh_count 4\nh_sum 12.5\n"
            "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"+Inf\"} 4\n");
}

TEST(Exposition, GivesEachValueOfALabelItsOwnLine) {
  Exposition exposition({});
  exposition.gauge("g", "Help", "kind", {{"a", 1}, {"b", 2}});
  EXPECT_THAT(exposition.text(), HasSubstr("g{kind=\"a\"} 1\ng{kind=\"b\"} 2\n"));
}

TEST(Exposition, WritesLargeCountersExactly) {
  Exposition exposition({});
  exposition.counter("c_total", "Help", 9007199254740991.0);
  EXPECT_THAT(exposition.text(), HasSubstr("c_total 9007199254740991\n"));
}

}  // namespace
}  // namespace canvas::server
