#include "store/sqlite_database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <future>
#include <thread>

#include "db/sqlite.h"
#include "fixtures/temporary_folder.h"

namespace canvas::store {
namespace {

// The store does not look into updates: "merged" is enough to see what went into a state.
Result<Bytes> concatenate(std::span<const BytesView> updates) {
  Bytes all;
  for (const BytesView update : updates) all.insert(all.end(), update.begin(), update.end());
  return all;
}

class Sink : public CommitSink {
public:
  void on_committed(std::vector<Ticket> tickets) override {
    const std::lock_guard lock(mutex_);
    ++groups_;
    for (const Ticket& ticket : tickets) sequences_.push_back(ticket.sequence);
    changed_.notify_all();
  }
  std::vector<std::uint64_t> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return sequences_.size() >= count; }));
    return sequences_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return sequences_.size();
  }
  std::size_t groups() {
    const std::lock_guard lock(mutex_);
    return groups_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> sequences_;
  std::size_t groups_ = 0;
};

class SqliteStoreTest : public ::testing::Test {
protected:
  void open() {
    Result<std::unique_ptr<Store>> opened = open_sqlite_store(path_, {}, concatenate);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void append(const std::string& document, std::string_view text, const std::string& user = "") {
    auto bytes = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
    store_->append(
        {std::make_shared<const std::string>(document), bytes, *bytes, user, &sink_, {1, ++sequence_}});
  }

  StoredDocument load(const std::string& document) {
    std::promise<StoredDocument> loaded;
    store_->load(document, [&](Result<StoredDocument> result) {
      EXPECT_TRUE(result);
      loaded.set_value(result ? std::move(*result) : StoredDocument{});
    });
    return loaded.get_future().get();
  }

  Compacted compact(const std::string& document) {
    std::promise<Compacted> compacted;
    store_->compact(document, [&](Result<Compacted> result) {
      EXPECT_TRUE(result);
      compacted.set_value(result ? *result : Compacted{});
    });
    return compacted.get_future().get();
  }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path() / "documents.sqlite";
  Sink sink_;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, WhatWasCommittedIsThereAfterReopening) {
  open();
  append("a", "one");
  append("b", "other", "user-7");
  append("a", "two");
  sink_.wait_for(3);
  store_.reset();
  open();
  const StoredDocument document = load("a");
  EXPECT_EQ(as_text(document.state), std::string_view("\0\0", 2));
  ASSERT_EQ(document.updates.size(), 2u);
  EXPECT_EQ(as_text(document.updates[0].bytes), "one");
  EXPECT_EQ(as_text(document.updates[1].bytes), "two");
  EXPECT_EQ(load("b").log_bytes(), 5u);
  EXPECT_TRUE(load("never written").updates.empty());
}

TEST_F(SqliteStoreTest, RowsHaveTheirAuthorAndTime) {
  open();
  append("d", "x", "user-7");
  append("d", "y");
  sink_.wait_for(2);
  auto connection = db::SqliteConnection::open(path_, 1000).value();
  auto query = connection.prepare("SELECT user_id, created_at FROM yjs_update_log ORDER BY id").value();
  ASSERT_TRUE(query.step().value());
  EXPECT_EQ(query.text(0), "user-7");
  EXPECT_EQ(query.text(1).size(), std::string_view("2026-01-01T00:00:00.000Z").size());
  ASSERT_TRUE(query.step().value());
  EXPECT_TRUE(query.is_null(0));
}

TEST_F(SqliteStoreTest, CompactionFoldsTheLogIntoTheState) {
  open();
  append("a", "one");
  append("a", "two");
  append("b", "other");
  sink_.wait_for(3);
  const Compacted compacted = compact("a");
  EXPECT_EQ(compacted.rows, 2u);
  EXPECT_EQ(compacted.state_bytes, 8u);
  const StoredDocument document = load("a");
  EXPECT_EQ(as_text(document.state), std::string_view("\0\0onetwo", 8));
  EXPECT_TRUE(document.updates.empty());
  EXPECT_EQ(load("b").updates.size(), 1u);
  EXPECT_EQ(compact("a").rows, 0u);
  EXPECT_EQ(compact("nobody").rows, 0u);
  // What comes later leaves the state alone.
  append("a", "three");
  sink_.wait_for(4);
  EXPECT_EQ(load("a").state, document.state);
  EXPECT_EQ(load("a").updates.size(), 1u);
}

TEST_F(SqliteStoreTest, CompactionLosesNothingThatIsAppendedMeanwhile) {
  open();
  constexpr std::size_t rows = 3000;
  std::thread compactor([&] {
    while (sink_.count() < rows) compact("a");
  });
  for (std::size_t i = 0; i < rows; ++i) {
    append("a", "x");
    if (i % 50 == 0) std::this_thread::yield();
  }
  sink_.wait_for(rows);
  compactor.join();
  const StoredDocument document = load("a");
  EXPECT_EQ(document.state.size() - 2 + document.log_bytes(), rows);
}

TEST_F(SqliteStoreTest, CommitsInGroupsAndInOrder) {
  open();
  for (int i = 0; i < 5000; ++i) append("d" + std::to_string(i % 20), "u");
  const std::vector<std::uint64_t> sequences = sink_.wait_for(5000);
  EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
  EXPECT_LT(sink_.groups(), 1000u);
}

TEST_F(SqliteStoreTest, FlushComesAfterWhatWasAppendedBefore) {
  open();
  for (int i = 0; i < 500; ++i) append("a", "u");
  std::promise<std::size_t> committed;
  store_->flush([&] { committed.set_value(sink_.count()); });
  EXPECT_EQ(committed.get_future().get(), 500u);
}

TEST_F(SqliteStoreTest, WaitsWhileTheFileIsLockedAndThenCommits) {
  open();
  auto other = db::SqliteConnection::open(path_, 0).value();
  ASSERT_TRUE(other.execute("BEGIN IMMEDIATE"));
  append("a", "patient");
  while (store_->health().ok) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(sink_.count(), 0u);
  EXPECT_EQ(store_->backlog_bytes(), 7u);
  ASSERT_TRUE(other.execute("COMMIT"));
  sink_.wait_for(1);
  EXPECT_TRUE(store_->health().ok);
  EXPECT_EQ(store_->backlog_bytes(), 0u);
}

TEST_F(SqliteStoreTest, KeepsASecondProcessAway) {
  open();
  const auto second = open_sqlite_store(path_, {}, concatenate);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST_F(SqliteStoreTest, RefusesTablesOfAnotherVersion) {
  auto connection = db::SqliteConnection::open(path_, 0).value();
  ASSERT_TRUE(connection.execute("PRAGMA user_version = 99"));
  const auto opened = open_sqlite_store(path_, {}, concatenate);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unsupported);
}

TEST_F(SqliteStoreTest, SaysWhichFileCannotBeOpened) {
  const auto opened = open_sqlite_store((folder_.path() / "missing" / "file").string(), {}, concatenate);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("missing"), std::string::npos);
}

}  // namespace
}  // namespace canvas::store
