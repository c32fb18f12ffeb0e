// What is kept of the past, on SQLite and on PostgreSQL.
#include <gtest/gtest.h>

#include <thread>

#include "fixtures/test_database.h"
#include "store/compaction.h"

namespace canvas::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::system_clock;
using testing::concatenate;
using testing::StoreFixture;

class HistoryTest : public StoreFixture {
protected:
  // Appends, and gives a moment after it and before what comes next.
  WallTime append_and_note(std::string_view text) {
    append_and_wait("a", text, "anna");
    std::this_thread::sleep_for(milliseconds(3));
    const WallTime moment = system_clock::now();
    std::this_thread::sleep_for(milliseconds(3));
    return moment;
  }
  std::string at(WallTime time) {
    const Result<Bytes> bytes = document_at(*tables(), "a", time, concatenate);
    return bytes ? std::string(as_text(*bytes)) : "error: " + bytes.error().message;
  }
  std::int64_t rows() {
    return test_database_.number("SELECT count(*) FROM yjs_update_log WHERE document_id = 'a'");
  }
  std::int64_t bases() { return test_database_.number("SELECT count(*) FROM yjs_document_base"); }

  // As if everything in the log had happened so much earlier.
  void age_log(hours by) {
    const std::string shift = std::to_string(by.count()) + " hours";
    test_database_.execute(
        GetParam() == Database::Kind::sqlite
            ? "UPDATE yjs_update_log SET created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '-" + shift +
                  "')"
            : "UPDATE yjs_update_log SET created_at = created_at - interval '" + shift + "'");
  }
  // Compactions go through the same threads, in order: one is answered when the round is planned; another,
  // which has something to fold, when it has been gone through.
  void tidy() {
    store_->tidy();
    compact("none");
    append_and_wait("broom", "dust");
    compact("broom");
  }

  const StoreOptions options_{.history = hours(24)};
};

INSTANTIATE_TEST_SUITE_P(Databases, HistoryTest,
                         ::testing::Values(Database::Kind::sqlite, Database::Kind::postgres),
                         testing::kind_name);

TEST_P(HistoryTest, FoldedRowsStayAndEveryMomentCanBeHad) {
  open(options_);
  const WallTime before = system_clock::now() - milliseconds(5);
  const WallTime first = append_and_note("one ");
  const WallTime second = append_and_note("two ");
  EXPECT_EQ(compact("a").rows, 2u);
  const WallTime third = append_and_note("three ");
  compact("a");
  const WallTime fourth = append_and_note("four ");
  EXPECT_EQ(content("a"), "one two three four ");
  EXPECT_EQ(load("a").updates.size(), 1u);
  EXPECT_EQ(rows(), 4);
  EXPECT_EQ(at(before), "");
  EXPECT_EQ(at(first), "one ");
  EXPECT_EQ(at(second), "one two ");
  EXPECT_EQ(at(third), "one two three ");
  EXPECT_EQ(at(fourth), "one two three four ");
}

TEST_P(HistoryTest, WithoutItThePastGoesBackToTheState) {
  open();
  append_and_note("one ");
  const WallTime early = append_and_note("two ");
  compact("a");
  const WallTime later = append_and_note("three ");
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(at(later), "one two three ");
  EXPECT_NE(at(early).find("goes back to"), std::string::npos) << at(early);
}

TEST_P(HistoryTest, BeginsWithWhatWasThereWhenItIsTurnedOn) {
  open();
  append_and_note("old ");
  compact("a");
  open(options_);
  const WallTime first = append_and_note("one ");
  append_and_note("two ");
  compact("a");
  EXPECT_EQ(at(first), "old one ");
}

TEST_P(HistoryTest, WhatIsTooOldBecomesTheBase) {
  open(options_);
  append_and_note("one ");
  append_and_note("two ");
  compact("a");
  age_log(hours(30));
  const WallTime third = append_and_note("three ");
  append_and_note("four ");
  compact("a");
  tidy();
  EXPECT_EQ(rows(), 2);
  EXPECT_EQ(at(third), "one two three ");
  EXPECT_NE(at(system_clock::now() - hours(40)).find("goes back to"), std::string::npos);
  EXPECT_EQ(content("a"), "one two three four ");
}

TEST_P(HistoryTest, ARowThatIsNotFoldedIsNeverTrimmed) {
  open(options_);
  append_and_note("one ");
  compact("a");
  append_and_note("two ");
  age_log(hours(30));
  tidy();
  EXPECT_EQ(content("a"), "one two ");
  EXPECT_EQ(load("a").updates.size(), 1u);
}

TEST_P(HistoryTest, GoesWhenItIsTurnedOff) {
  open(options_);
  append_and_note("one ");
  compact("a");
  EXPECT_EQ(bases(), 1);
  store_.reset();
  const auto writer = tables(Use::write);
  ASSERT_TRUE(compact_document(*writer, "a", {}, concatenate, system_clock::now()));
  EXPECT_EQ(rows() + bases(), 0);
}

TEST_P(HistoryTest, BeginsAnewWhereSomebodyElseWroteTheState) {
  open(options_);
  append_and_note("one ");
  compact("a");
  std::this_thread::sleep_for(milliseconds(3));  // their time is another than ours
  test_database_.execute(
      GetParam() == Database::Kind::sqlite
          ? "UPDATE yjs_document SET data = 'theirs ', updated_at = strftime('%Y-%m-%dT%H:%M:%fZ')"
          : "UPDATE yjs_document SET data = 'theirs ', updated_at = now()");
  const WallTime later = append_and_note("two ");
  append_and_note("three ");
  EXPECT_EQ(at(later), "theirs two ");
  compact("a");
  EXPECT_EQ(at(later), "theirs two ");
}

}  // namespace
}  // namespace canvas::store
