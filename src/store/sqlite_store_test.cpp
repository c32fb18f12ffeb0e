// What is peculiar to SQLite: a file, its locks, its version.
#include "store/sqlite_database.h"

#include <gtest/gtest.h>

#include <thread>

#include "fixtures/test_database.h"

namespace canvas::store {
namespace {

using testing::concatenate;
using testing::Sink;

class SqliteStoreTest : public ::testing::Test {
protected:
  void open() {
    Result<std::unique_ptr<Store>> opened = open_sqlite_store(path_, {}, concatenate);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void append(const std::string& document, std::string_view text) {
    auto bytes = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
    store_->append(
        {std::make_shared<const std::string>(document), bytes, *bytes, "", &sink_, {1, ++sequence_}, {}});
  }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path() / "documents.sqlite";
  Sink sink_;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<Store> store_;
};

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
