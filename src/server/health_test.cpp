#include "server/health.h"

#include <gmock/gmock.h>

namespace canvas::server {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Condition fine() {
  return {.max_backlog_bytes = 1000, .documents = 1};
}

Condition away_for(milliseconds time) {
  Condition condition = fine();
  condition.database = {false, "connection to db.example refused", time};
  return condition;
}

TEST(Health, HasNothingToSayWhenAllIsWell) {
  const Assessment assessment = assess(fine());
  EXPECT_EQ(assessment.status, Status::healthy);
  EXPECT_THAT(assessment.reasons, IsEmpty());
}

TEST(Health, IsUnhealthyWhileTheServerGoesDown) {
  Condition condition = fine();
  condition.draining = true;
  EXPECT_EQ(assess(condition).status, Status::unhealthy);
}

TEST(Health, IsDegradedWhileTheDatabaseIsAwayAndDocumentsAreServed) {
  const Assessment assessment = assess(away_for(longest_absence * 10));
  EXPECT_EQ(assessment.status, Status::degraded);
  ASSERT_THAT(assessment.reasons, SizeIs(1));
  EXPECT_EQ(assessment.reasons[0].text, "nothing could be committed for 600 s");
}

TEST(Health, TellsWhatMayNameAHostApart) {
  const Reason reason = assess(away_for(milliseconds(1))).reasons.at(0);
  EXPECT_THAT(reason.text, ::testing::Not(HasSubstr("db.example")));
  EXPECT_THAT(reason.detail, HasSubstr("db.example"));
}

TEST(Health, IsUnhealthyWhenTheDatabaseIsAwayForLongAndNoEditIsTaken) {
  Condition condition = away_for(longest_absence);
  condition.backlog_bytes = condition.max_backlog_bytes + 1;
  EXPECT_EQ(assess(condition).status, Status::unhealthy);
  condition.database.away_for = longest_absence - milliseconds(1);
  EXPECT_EQ(assess(condition).status, Status::degraded);
}

TEST(Health, IsUnhealthyWhenTheDatabaseIsAwayForLongAndNothingIsInMemory) {
  Condition condition = away_for(longest_absence);
  condition.documents = 0;
  EXPECT_EQ(assess(condition).status, Status::unhealthy);
}

TEST(Health, IsDegradedWhenTheDatabaseRefusesOneDocument) {
  Condition condition = fine();
  condition.database = {false, "the database rejects an update of \"plan\""};
  condition.documents = 0;
  EXPECT_EQ(assess(condition).status, Status::degraded);
}

TEST(Health, IsDegradedFromHalfOfTheBacklogOn) {
  Condition condition = fine();
  condition.backlog_bytes = 500;
  EXPECT_EQ(assess(condition).status, Status::healthy);
  condition.backlog_bytes = 501;
  EXPECT_EQ(assess(condition).status, Status::degraded);
}

TEST(Health, IsDegradedWhenDocumentsAreReadOnly) {
  Condition condition = fine();
  condition.read_only_rooms.damaged = 1;
  EXPECT_EQ(assess(condition).status, Status::degraded);
  condition.read_only_rooms = {.overloaded = 2};
  const Assessment assessment = assess(condition);
  EXPECT_EQ(assessment.status, Status::degraded);
  EXPECT_THAT(assessment.reasons.at(0).text, HasSubstr("2 documents are read-only"));
}

TEST(Health, IsDegradedWhenNoFurtherDocumentCanBeOpened) {
  Condition condition = fine();
  condition.is_full = true;
  EXPECT_EQ(assess(condition).status, Status::degraded);
}

}  // namespace
}  // namespace canvas::server
