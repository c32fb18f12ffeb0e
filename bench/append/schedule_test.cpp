#include "append/schedule.h"

#include <gtest/gtest.h>

namespace canvas::bench {
namespace {

const Scenario scenario{.documents = 3,
                        .clients_per_document = 2,
                        .updates_per_second = 1000,
                        .warm_up_seconds = 1,
                        .seconds = 2};

TEST(Schedule, SpreadsUpdatesEvenly) {
  const Schedule schedule(scenario, 500);
  EXPECT_EQ(schedule.events(), 3000u);
  EXPECT_EQ(schedule.measured_events(), 2000u);
  EXPECT_EQ(schedule.due(0), 500);
  EXPECT_EQ(schedule.due(1), 500 + second / 1000);
  EXPECT_EQ(schedule.begin_of_measurement(), 500 + second);
  EXPECT_EQ(schedule.end_of_measurement(), 500 + 3 * second);
}

TEST(Schedule, MeasuresWhatIsDueInTheWindow) {
  const Schedule schedule(scenario, 12345);
  std::uint64_t measured = 0;
  for (std::uint64_t event = 0; event < schedule.events() + 100; ++event) {
    const bool is_measured = schedule.is_measured(schedule.due(event));
    EXPECT_EQ(is_measured, event >= 1000 && event < 3000) << event;
    measured += is_measured ? 1 : 0;
  }
  EXPECT_EQ(measured, schedule.measured_events());
}

}  // namespace
}  // namespace canvas::bench
