// What every store has to do, on SQLite and on PostgreSQL.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "fixtures/test_database.h"

namespace canvas::store {
namespace {

using testing::StoreFixture;

class StoreTest : public StoreFixture {};

INSTANTIATE_TEST_SUITE_P(Databases, StoreTest,
                         ::testing::Values(Database::Kind::sqlite, Database::Kind::postgres),
                         testing::kind_name);

TEST_P(StoreTest, WhatWasCommittedIsThereAfterReopening) {
  open();
  append("a", "one");
  append("b", "other", "user-7");
  append("a", "two");
  sink_.wait_for(3);
  open();
  const StoredDocument document = load("a");
  EXPECT_EQ(as_text(document.state), std::string_view("\0\0", 2));
  ASSERT_EQ(document.updates.size(), 2u);
  EXPECT_EQ(as_text(document.updates[0].bytes), "one");
  EXPECT_EQ(as_text(document.updates[1].bytes), "two");
  EXPECT_EQ(load("b").log_bytes(), 5u);
  EXPECT_TRUE(load("never written").updates.empty());
}

TEST_P(StoreTest, RowsHaveTheirAuthorAndTime) {
  open();
  const auto before = std::chrono::system_clock::now();
  append("d", "x", "user-7");
  append("d", "y");
  sink_.wait_for(2);
  const History history = tables()->read_history("d", std::nullopt).value();
  ASSERT_EQ(history.rows.size(), 2u);
  EXPECT_EQ(history.rows[0].user_id, "user-7");
  EXPECT_EQ(history.rows[1].user_id, "");
  EXPECT_GE(history.rows[0].time, before - std::chrono::milliseconds(1));
  EXPECT_LE(history.rows[1].time, std::chrono::system_clock::now());
}

TEST_P(StoreTest, TakesAnyNameAndAnyBytes) {
  open();
  const std::vector<std::string> names{"o'brien \"quoted\" \\x00 $1 %s", std::string(128, 'n'),
                                       "größe/日本語 👩‍👩‍👧",
                                       "'; DROP TABLE yjs_document; --"};
  Bytes all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<std::uint8_t>(byte));
  for (const std::string& name : names) append(name, as_text(all_bytes), name);
  sink_.wait_for(names.size());
  for (const std::string& name : names) EXPECT_EQ(content(name), as_text(all_bytes));
}

TEST_P(StoreTest, AnEmptyUpdateIsARowToo) {
  open();
  append_and_wait("a", "");
  EXPECT_EQ(load("a").updates.size(), 1u);
}

TEST_P(StoreTest, CompactionFoldsTheLogIntoTheState) {
  open();
  append("a", "one");
  append("a", "two");
  append("b", "other");
  sink_.wait_for(3);
  const Compacted compacted = compact("a");
  EXPECT_EQ(compacted.rows, 2u);
  EXPECT_EQ(compacted.log_bytes, 6u);
  EXPECT_EQ(compacted.state_bytes, 6u);
  const StoredDocument document = load("a");
  EXPECT_EQ(as_text(document.state), "onetwo");
  EXPECT_TRUE(document.updates.empty());
  EXPECT_EQ(load("b").updates.size(), 1u);
  EXPECT_EQ(compact("a").rows, 0u);
  EXPECT_EQ(compact("nobody").rows, 0u);
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_update_log"), 1);
  // What comes later leaves the state alone.
  append_and_wait("a", "three");
  EXPECT_EQ(load("a").state, document.state);
  EXPECT_EQ(load("a").updates.size(), 1u);
}

TEST_P(StoreTest, CompactionLosesNothingThatIsAppendedMeanwhile) {
  open();
  constexpr std::size_t rows = 3000;
  std::thread compactor([&] {
    while (sink_.count() < rows) compact("a");
  });
  for (std::size_t i = 0; i < rows; ++i) {
    append("a", "x");
    if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  sink_.wait_for(rows);
  compactor.join();
  EXPECT_EQ(content("a").size(), rows);
}

TEST_P(StoreTest, ALongLogIsFoldedInSlices) {
  open();
  const std::string drawing(1u << 20, 'x');
  for (int i = 0; i < 30; ++i) append("a", drawing);
  sink_.wait_for(30);
  const StoredRows slice = tables()->read_slice("a", 8u << 20).value();
  EXPECT_EQ(slice.document.updates.size(), 8u);
  const Compacted compacted = compact("a");
  EXPECT_EQ(compacted.rows, 30u);
  EXPECT_EQ(compacted.log_bytes, 30u << 20);
  EXPECT_EQ(compacted.state_bytes, 30u << 20);
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_update_log"), 0);
  EXPECT_EQ(content("a").size(), 30u << 20);
}

TEST_P(StoreTest, AFoldFromAnOldStateIsNotDone) {
  open();
  append_and_wait("a", "one");
  const StoredRows old = tables()->read("a").value();
  compact("a");
  append_and_wait("a", "two");
  const std::int64_t row = load("a").updates.at(0).row;
  store_.reset();
  auto writer = tables(Use::write);
  const Bytes state = to_bytes(as_bytes("wrong"));
  EXPECT_FALSE(writer->fold({"a", old.version, {old.document.updates.at(0).row}, state, false}).value());
  const std::string version = writer->read("a").value().version;
  EXPECT_FALSE(writer->fold({"a", version, {row, row + 1000}, state, false}).value());
  writer.reset();
  open();
  EXPECT_EQ(content("a"), "onetwo");
}

TEST_P(StoreTest, CommitsInGroupsAndInOrder) {
  open();
  for (int i = 0; i < 5000; ++i) append("d" + std::to_string(i % 20), "u");
  const std::vector<std::uint64_t> sequences = sink_.wait_for(5000);
  EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
  EXPECT_LT(sink_.groups(), 1000u);
}

TEST_P(StoreTest, FlushComesAfterWhatWasAppendedBefore) {
  open();
  for (int i = 0; i < 500; ++i) append("a", "u");
  std::promise<std::size_t> committed;
  store_->flush([&] { committed.set_value(sink_.count()); });
  EXPECT_EQ(committed.get_future().get(), 500u);
}

TEST_P(StoreTest, ADamagedPartIsLeftOutAndNamed) {
  open();
  append("a", "sound");
  append("a", "broken");
  append("a", "sound too");
  sink_.wait_for(3);
  const std::int64_t broken = load("a").updates.at(1).row;
  test_database_.execute(R"(UPDATE yjs_update_log SET "update" = 'brokem' WHERE id = )" +
                         std::to_string(broken));
  const StoredDocument document = load("a");
  ASSERT_EQ(document.updates.size(), 2u);
  ASSERT_EQ(document.damages.size(), 1u);
  EXPECT_EQ(document.damages[0].row, broken);
  EXPECT_EQ(document.damages[0].where(), "log row " + std::to_string(broken));
}

TEST_P(StoreTest, NothingOfADamagedDocumentIsOverwritten) {
  open();
  append_and_wait("a", "one");
  compact("a");
  append_and_wait("a", "two");
  test_database_.execute("UPDATE yjs_document SET data = 'onE'");
  const StoredDocument document = load("a");
  ASSERT_EQ(document.damages.size(), 1u);
  EXPECT_EQ(document.damages[0].where(), "the state");
  const auto compacted = try_compact("a");
  ASSERT_FALSE(compacted);
  EXPECT_EQ(compacted.error().code, Errc::malformed);
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_document WHERE data = 'onE'"), 1);
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_update_log"), 1);
}

TEST_P(StoreTest, WhatSomebodyElseWroteIsNotTakenForDamage) {
  open();
  append_and_wait("a", "one");
  compact("a");
  // As the Node server does it: it knows of no checksum, but sets the time.
  test_database_.execute("UPDATE yjs_document SET data = 'theirs', updated_at = '2031-01-01T00:00:00.000Z'");
  EXPECT_TRUE(load("a").damages.empty());
  append_and_wait("a", " and ours");
  compact("a");
  EXPECT_EQ(content("a"), "theirs and ours");
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_document WHERE sealed_at = updated_at"), 1);
}

TEST_P(StoreTest, WhatIsSetAsideIsKeptAndTheRestCanBeEdited) {
  open();
  append("a", "good");
  append("a", "bad");
  sink_.wait_for(2);
  test_database_.execute(
      R"(UPDATE yjs_update_log SET "update" = 'bat' WHERE id = (SELECT max(id) FROM yjs_update_log))");
  const StoredDocument damaged = load("a");
  store_.reset();
  ASSERT_TRUE(tables(Use::write)->set_aside("a", damaged.damages));
  open();
  EXPECT_TRUE(load("a").damages.empty());
  EXPECT_EQ(compact("a").rows, 1u);
  EXPECT_EQ(content("a"), "good");
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_quarantine WHERE data = 'bat'"), 1);
}

TEST_P(StoreTest, RemovesADocumentWithItsLogAndHistory) {
  open({.history = std::chrono::hours(1)});
  append("a", "one");
  append("b", "other");
  sink_.wait_for(2);
  compact("a");
  append_and_wait("a", "two");
  store_.reset();
  const auto writer = tables(Use::write);
  EXPECT_TRUE(writer->remove("a").value());
  EXPECT_FALSE(writer->remove("a").value());
  EXPECT_FALSE(writer->exists("a").value());
  EXPECT_TRUE(writer->exists("b").value());
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_update_log"), 1);
  EXPECT_EQ(test_database_.number("SELECT count(*) FROM yjs_document_base"), 0);
}

TEST_P(StoreTest, ListsWhatThereIs) {
  open({.history = std::chrono::hours(1)});
  append("b", "one", "anna");
  append("b", "two", "ben");
  append("a", "x");
  sink_.wait_for(3);
  compact("b");
  append_and_wait("b", "three", "anna");
  std::vector<DocumentSummary> list;
  ASSERT_TRUE(tables()->list([&](const DocumentSummary& summary) { list.push_back(summary); }));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].document, "a");
  EXPECT_EQ(list[1].document, "b");
  EXPECT_EQ(list[1].state_bytes, 6u);
  EXPECT_EQ(list[1].log_rows, 1u);
  EXPECT_EQ(list[1].log_bytes, 5u);
  EXPECT_EQ(list[1].kept_rows, 2u);
  EXPECT_EQ(list[1].authors, 2u);
  EXPECT_GT(list[1].last_change, std::chrono::system_clock::now() - std::chrono::minutes(5));
}

}  // namespace
}  // namespace canvas::store
