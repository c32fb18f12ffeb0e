#include "load/acceptance.h"

#include <gtest/gtest.h>

#include <list>

#include "load/report.h"

namespace canvas::load {
namespace {

// Outcomes of a server that stands everything, to be spoilt.
class Acceptance : public testing::Test {
protected:
  Acceptance() {
    for (const Stage& stage : acceptance_stages({})) {
      World& world = worlds_.emplace_back(World{stage.plan, {}, {}, {}});
      RunResult result;
      result.server.emplace();
      outcomes_.push_back({&world, result});
      Tally& tally = world.tally;
      tally.updates = 10;
      tally.delivered = 10 * (stage.plan.clients_per_document - 1);
      tally.visits = tally.visits_done = 1000;
      tally.delivery.record(second / 100);
      tally.cursor.record(second / 100);
    }
  }

  Tally& tally(std::size_t stage) {
    return std::next(worlds_.begin(), static_cast<std::ptrdiff_t>(stage))->tally;
  }
  RunResult& result(std::size_t stage) { return *outcomes_[stage].result; }

  std::size_t count(Verdict verdict) const {
    std::size_t found = 0;
    for (const Check& check : judge_acceptance(outcomes_)) found += check.verdict == verdict ? 1 : 0;
    return found;
  }

  std::list<World> worlds_;
  std::vector<StageOutcome> outcomes_;
};

TEST_F(Acceptance, PassesAServerThatStandsIt) {
  EXPECT_EQ(count(Verdict::passed), 6u);
}

TEST_F(Acceptance, FailsASlowServer) {
  tally(0).delivery.record(second / 4);
  EXPECT_EQ(count(Verdict::failed), 1u);
}

TEST_F(Acceptance, FailsAServerThatDeliversNothing) {
  tally(0).delivery = {};
  tally(0).cursor = {};
  tally(1).delivered = 0;
  EXPECT_EQ(count(Verdict::failed), 3u);
}

TEST_F(Acceptance, FailsAServerThatRefusesAConnection) {
  tally(1).refused = 1;
  tally(2).failed_connects = 1;
  EXPECT_EQ(count(Verdict::failed), 2u);
}

TEST_F(Acceptance, FailsAServerThatLosesOneUpdate) {
  result(2).losses.acknowledged = 1;
  EXPECT_EQ(count(Verdict::failed), 1u);
  EXPECT_NE(fault_of(*outcomes_[2].world, result(2)), "");
}

TEST_F(Acceptance, FailsAServerThatGrows) {
  result(2).server->after.resident_bytes = 17u << 20;
  EXPECT_EQ(count(Verdict::failed), 1u);
}

TEST_F(Acceptance, DoesNotPassMemoryThatItCannotSee) {
  result(2).server.reset();
  const std::vector<Check> checks = judge_acceptance(outcomes_);
  EXPECT_EQ(count(Verdict::not_measured), 1u);
  EXPECT_EQ(count(Verdict::passed), 5u);
  EXPECT_TRUE(has_passed(checks));
  EXPECT_NE(describe(checks).find("1 not measured"), std::string::npos);
}

TEST_F(Acceptance, FailsWhereNobodyGetsIn) {
  for (StageOutcome& outcome : outcomes_) outcome.result = Error{Errc::forbidden, "no"};
  const std::vector<Check> checks = judge_acceptance(outcomes_);
  EXPECT_FALSE(has_passed(checks));
  EXPECT_EQ(count(Verdict::passed), 0u);
}

}  // namespace
}  // namespace canvas::load
