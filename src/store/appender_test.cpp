#include "store/appender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fixtures/scripted_tables.h"
#include "fixtures/test_database.h"
#include "log/log.h"

namespace canvas::store {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedTables;
using testing::Sink;

class AppenderTest : public ::testing::Test {
protected:
  AppenderTest() { log::set_level(log::Level::off); }
  ~AppenderTest() override { log::set_level(log::Level::info); }

  void start() { appender_.emplace(tables_); }
  void append(const std::string& document, std::string_view text) {
    auto bytes = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
    appender_->append(
        {std::make_shared<const std::string>(document), bytes, *bytes, "", &sink_, {1, ++sequence_}, {}});
  }
  // Appends that are sure to be in one group: the appender is kept busy meanwhile.
  void append_together(std::initializer_list<std::pair<const char*, const char*>> appends) {
    auto go = std::make_shared<std::promise<void>>();
    appender_->post([go](Tables&) { go->get_future().wait(); });
    for (const auto& [document, text] : appends) append(document, text);
    go->set_value();
  }
  template <class Predicate>
  static bool eventually(Predicate&& predicate) {
    for (int i = 0; i < 3000; ++i) {
      if (predicate()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
  static bool holds(ScriptedTables::Group group, std::string_view text) {
    return std::ranges::any_of(group, [&](const Append& append) { return as_text(append.update) == text; });
  }

  ScriptedTables tables_;
  Sink sink_;
  std::uint64_t sequence_ = 0;
  std::optional<Appender> appender_;
};

TEST_F(AppenderTest, CountsItsCommitsAndWhatFailed) {
  std::atomic<int> failures = 2;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (failures-- > 0) return Error{Errc::io, "the disk is full"};
    return std::nullopt;
  };
  start();
  append_together({{"a", "1"}, {"b", "22"}, {"a", "3"}});
  ASSERT_TRUE(eventually([&] { return appender_->statistics().updates == 3; }));
  const CommitStatistics statistics = appender_->statistics();
  EXPECT_EQ(statistics.failures, 2u);
  EXPECT_EQ(statistics.bytes, 4u);
  EXPECT_EQ(statistics.rows.total(), 1u);
  EXPECT_EQ(statistics.rows.sum(), 3);
  EXPECT_EQ(statistics.seconds.total(), 1u);
  EXPECT_EQ(statistics.waits.total(), 1u);
  EXPECT_GE(statistics.waits.sum(), 0.15) << "the two delays before a further try";
}

TEST_F(AppenderTest, SaysHowMuchWaitsAndForHowLongTheDatabaseHasBeenAway) {
  std::atomic<bool> is_away = true;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (is_away) return Error{Errc::unavailable, "no route to host"};
    return std::nullopt;
  };
  start();
  EXPECT_FALSE(appender_->health().away_for);
  EXPECT_FALSE(appender_->health().latency);
  append_together({{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(eventually([&] { return appender_->health().away_for.has_value(); }));
  EXPECT_EQ(appender_->health().backlog_updates, 2u);
  const milliseconds first = *appender_->health().away_for;
  EXPECT_TRUE(eventually([&] { return *appender_->health().away_for > first; }));
  is_away = false;
  ASSERT_TRUE(eventually([&] { return appender_->health().backlog_updates == 0; }));
  EXPECT_FALSE(appender_->health().away_for);
  EXPECT_TRUE(appender_->health().latency);
}

TEST_F(AppenderTest, IsNotAwayWhenItRejectsOneDocument) {
  tables_.fail = [](ScriptedTables::Group) -> std::optional<Error> {
    return Error{Errc::rejected, "a trigger says no"};
  };
  start();
  append("a", "1");
  ASSERT_TRUE(eventually([&] { return !appender_->health().ok; }));
  EXPECT_FALSE(appender_->health().away_for);
}

TEST_F(AppenderTest, AGroupThatFailsIsTriedAgainAsAWhole) {
  std::atomic<int> failures = 3;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (failures-- > 0) return Error{Errc::io, "the disk is full"};
    return std::nullopt;
  };
  start();
  append_together({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  EXPECT_THAT(sink_.wait_for(3), ElementsAre(1, 2, 3));
  EXPECT_THAT(tables_.rows_of("a"), ElementsAre("1", "3"));
  EXPECT_TRUE(appender_->health().ok);
  EXPECT_EQ(appender_->backlog_bytes(), 0u);
}

TEST_F(AppenderTest, SaysWhyNothingIsCommitted) {
  std::atomic<bool> is_away = true;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (is_away) return Error{Errc::unavailable, "no route to host"};
    return std::nullopt;
  };
  start();
  append("a", "1");
  ASSERT_TRUE(eventually([&] { return !appender_->health().ok; }));
  EXPECT_EQ(appender_->health().reason, "no route to host");
  EXPECT_EQ(sink_.count(), 0u);
  is_away = false;
  sink_.wait_for(1);
  EXPECT_TRUE(appender_->health().ok);
}

TEST_F(AppenderTest, WhatWasCommittedWithoutAnAnswerIsNotAppendedTwice) {
  std::atomic<int> failures = 1;
  tables_.commits_silently = true;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (failures-- > 0) return Error{Errc::unavailable, "the connection is lost"};
    return std::nullopt;
  };
  start();
  append("a", "1");
  sink_.wait_for(1);
  EXPECT_THAT(tables_.rows_of("a"), ElementsAre("1"));
}

TEST_F(AppenderTest, WhatWasNotCommittedIsAppendedAfterTheConnectionWasLost) {
  std::atomic<int> failures = 1;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (failures-- > 0) return Error{Errc::unavailable, "the connection is lost"};
    return std::nullopt;
  };
  start();
  append("a", "1");
  sink_.wait_for(1);
  EXPECT_THAT(tables_.rows_of("a"), ElementsAre("1"));
}

TEST_F(AppenderTest, ARowThatIsRejectedOnceTakesNothingWithIt) {
  std::atomic<int> rejections = 1;
  tables_.fail = [&](ScriptedTables::Group group) -> std::optional<Error> {
    if (holds(group, "2") && rejections-- > 0) return Error{Errc::rejected, "a trigger says no"};
    return std::nullopt;
  };
  start();
  append_together({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  sink_.wait_for(3);
  EXPECT_THAT(tables_.rows_of("a"), ElementsAre("1", "3"));
  EXPECT_THAT(tables_.rows_of("b"), ElementsAre("2"));
}

TEST_F(AppenderTest, AnUpdateThatIsRejectedOnceIsNoLastingTrouble) {
  std::atomic<int> rejections = 1;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (rejections-- > 0) return Error{Errc::rejected, "a trigger says no"};
    return std::nullopt;
  };
  start();
  append("a", "1");
  sink_.wait_for(1);
  EXPECT_TRUE(eventually([&] { return appender_->health().ok; }));
}

TEST_F(AppenderTest, ADocumentThatIsRejectedForLongWaitsAloneAndInOrder) {
  std::atomic<bool> rejects = true;
  tables_.fail = [&](ScriptedTables::Group group) -> std::optional<Error> {
    if (rejects && holds(group, "bad")) return Error{Errc::rejected, "a trigger says no"};
    return std::nullopt;
  };
  start();
  append_together({{"a", "1"}, {"b", "good"}, {"b", "bad"}, {"b", "later"}, {"a", "2"}});
  sink_.wait_for(3);
  append("b", "last");
  append("a", "3");
  sink_.wait_for(4);
  EXPECT_THAT(tables_.rows_of("a"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(tables_.rows_of("b"), ElementsAre("good"));
  EXPECT_FALSE(appender_->health().ok);
  EXPECT_THAT(appender_->health().reason, HasSubstr("\"b\""));
  EXPECT_EQ(appender_->backlog_bytes(), std::string_view("badlaterlast").size());
  std::atomic<bool> is_flushed = false;
  appender_->flush([&] { is_flushed = true; });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(is_flushed);
  rejects = false;
  sink_.wait_for(7);
  EXPECT_THAT(tables_.rows_of("b"), ElementsAre("good", "bad", "later", "last"));
  EXPECT_TRUE(eventually([&] { return is_flushed && appender_->health().ok; }));
}

TEST_F(AppenderTest, TasksAreNotHeldUpByADocumentThatIsRejected) {
  tables_.fail = [](ScriptedTables::Group) -> std::optional<Error> {
    return Error{Errc::rejected, "a trigger says no"};
  };
  start();
  append("a", "1");
  ASSERT_TRUE(eventually([&] { return !appender_->health().ok; }));
  std::promise<void> ran;
  appender_->post([&](Tables&) { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(AppenderTest, TriesOnceMoreWhenItGoes) {
  std::atomic<bool> is_away = true;
  tables_.fail = [&](ScriptedTables::Group) -> std::optional<Error> {
    if (is_away) return Error{Errc::io, "not now"};
    return std::nullopt;
  };
  start();
  append("a", "1");
  ASSERT_TRUE(eventually([&] { return !appender_->health().ok; }));
  const std::size_t before = tables_.appends();
  appender_.reset();
  EXPECT_LE(tables_.appends(), before + 2);
  EXPECT_THAT(tables_.rows_of("a"), IsEmpty());
  EXPECT_EQ(sink_.count(), 0u);
}

TEST_F(AppenderTest, AnIdleOneNoticesThatTheDatabaseIsGone) {
  tables_.probe_failure = Error{Errc::unavailable, "the database has gone"};
  start();
  EXPECT_TRUE(eventually([&] { return !appender_->health().ok; }));
  EXPECT_EQ(appender_->health().reason, "the database has gone");
}

}  // namespace
}  // namespace canvas::store
