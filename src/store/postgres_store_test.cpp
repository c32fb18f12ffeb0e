// What is peculiar to PostgreSQL: the tables of the app as they are found, other zones, lost connections.
#include <gtest/gtest.h>

#include <thread>

#include "fixtures/test_database.h"
#include "log/log.h"
#include "store/postgres_schema.h"

namespace canvas::store {
namespace {

using db::PostgresConnection;
using testing::concatenate;
using testing::Sink;

class PostgresStoreTest : public ::testing::Test {
protected:
  Database database_{Database::Kind::postgres, testing::PostgresCluster::instance().make_database()};
  Sink sink_;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<Store> store_;

  PostgresConnection connect() { return PostgresConnection::connect({.target = database_.target}).value(); }
  void execute(const std::string& sql) {
    const auto ran = connect().execute(sql);
    ASSERT_TRUE(ran) << ran.error().message;
  }
  std::int64_t number(const std::string& sql) {
    auto connection = connect();
    const auto rows = connection.query("SELECT (" + sql + ")::int8");
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows->integer(0, 0) : -1;
  }
  void migrate_and_open() {
    const auto migrated = migrate(database_, Migration::run);
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_TRUE(migrate(database_, Migration::plan).value().empty());
    auto opened = open_store(database_, {.history = std::chrono::hours(1)}, concatenate);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  void append_and_wait(const std::string& document, std::string_view text, const std::string& user = "") {
    auto bytes = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
    store_->append(
        {std::make_shared<const std::string>(document), bytes, *bytes, user, &sink_, {1, ++sequence_}, {}});
    sink_.wait_for(sequence_);
  }
  std::string content(const std::string& document) {
    std::promise<std::string> loaded;
    store_->load(document, [&](Result<StoredDocument> stored) {
      std::string text = stored ? std::string(as_text(stored->state)) : "error: " + stored.error().message;
      if (stored && text == std::string_view("\0\0", 2)) text.clear();
      if (stored) {
        for (const StoredUpdate& update : stored->updates) text += as_text(update.bytes);
      }
      loaded.set_value(text);
    });
    return loaded.get_future().get();
  }
  void compact(const std::string& document) {
    std::promise<void> done;
    store_->compact(document, [&](Result<Compacted> compacted) {
      EXPECT_TRUE(compacted) << compacted.error().message;
      done.set_value();
    });
    done.get_future().wait();
  }
  // Appends, folds and reads back, whatever the tables are.
  void use_tables() {
    append_and_wait("a", "one ");
    compact("a");
    append_and_wait("a", "two");
    EXPECT_EQ(content("a"), "one two");
  }
};

constexpr const char* app_tables = R"sql(
  CREATE TABLE "user" (id text PRIMARY KEY);
  INSERT INTO "user" VALUES ('anna');
  CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE yjs_update_log (id bigserial PRIMARY KEY,
    document_id text NOT NULL REFERENCES yjs_document (id) ON DELETE CASCADE, update bytea NOT NULL,
    user_id text REFERENCES "user" (id) ON DELETE SET NULL, created_at timestamptz NOT NULL DEFAULT now());
  INSERT INTO yjs_document VALUES ('a', 'zero ');)sql";

TEST_F(PostgresStoreTest, AdoptsTheTablesOfTheApp) {
  execute(app_tables);
  migrate_and_open();
  EXPECT_EQ(content("a"), "zero ");
  append_and_wait("a", "one", "anna");
  EXPECT_EQ(content("a"), "zero one");
  EXPECT_EQ(number("SELECT count(*) FROM yjs_update_log WHERE user_id = 'anna'"), 1);
}

TEST_F(PostgresStoreTest, AnAuthorWhoIsGoneDoesNotKeepTheUpdateOut) {
  execute(app_tables);
  migrate_and_open();
  append_and_wait("a", "one", "nobody");
  EXPECT_EQ(content("a"), "zero one");
  EXPECT_EQ(number("SELECT count(*) FROM yjs_update_log WHERE user_id IS NULL"), 1);
}

TEST_F(PostgresStoreTest, AdoptsTablesWithTheOtherColumnAndNoKeysAndDatesWithoutAZone) {
  execute(R"sql(
    CREATE TABLE yjs_document (id varchar(200), data bytea, updated_at timestamp);
    CREATE TABLE yjs_update_log (id serial, document_id varchar(200), update_data bytea, user_id text,
      created_at timestamp);)sql");
  migrate_and_open();
  use_tables();
  EXPECT_EQ(number("SELECT count(*) FROM information_schema.columns WHERE table_name = 'yjs_update_log' AND "
                   "column_name = 'update'"),
            0);
}

TEST_F(PostgresStoreTest, UserIdsMayBeUuidsOrNumbers) {
  execute(R"sql(
    CREATE TABLE "user" (id uuid PRIMARY KEY);
    INSERT INTO "user" VALUES ('0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f');)sql");
  migrate_and_open();
  append_and_wait("a", "1", "0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f");
  append_and_wait("a", "2", "not a uuid");
  EXPECT_EQ(number("SELECT count(user_id) FROM yjs_update_log"), 1);
  EXPECT_EQ(content("a"), "12");
}

TEST_F(PostgresStoreTest, TimesAreUtcWhateverTheZoneOfTheDatabaseIs) {
  execute("ALTER DATABASE " + database_.target.substr(database_.target.rfind('/') + 1) +
          " SET timezone = 'America/New_York'");
  execute(R"sql(
    CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea, updated_at timestamp);
    CREATE TABLE yjs_update_log (id bigserial, document_id text, update bytea, user_id text, created_at timestamp);)sql");
  migrate_and_open();
  use_tables();
  EXPECT_EQ(
      number("SELECT count(*) FROM yjs_update_log WHERE abs(extract(epoch FROM created_at) - extract(epoch "
             "FROM now())) < 60"),
      2);
  EXPECT_EQ(
      number("SELECT count(*) FROM yjs_document WHERE abs(extract(epoch FROM updated_at) - extract(epoch "
             "FROM now())) < 60 AND sealed_at = updated_at"),
      1);
  const auto tables = open_tables(database_, Use::read).value();
  const History history = tables->read_history("a", std::nullopt).value();
  for (const HistoryRow& row : history.rows)
    EXPECT_LT(std::chrono::abs(row.time - std::chrono::system_clock::now()), std::chrono::minutes(1));
}

TEST_F(PostgresStoreTest, BytesAreBytesWhateverTheirOutputFormIs) {
  const std::string name = database_.target.substr(database_.target.rfind('/') + 1);
  execute("ALTER DATABASE " + name + " SET bytea_output = 'escape'");
  execute("ALTER DATABASE " + name + " SET standard_conforming_strings = off");
  migrate_and_open();
  const std::string_view bytes("\x00\\x41'\xff\x80\n", 8);
  append_and_wait("o'hara \\ \"x\"", bytes);
  EXPECT_EQ(content("o'hara \\ \"x\""), bytes);
}

TEST_F(PostgresStoreTest, RefusesTablesThatItDoesNotKnow) {
  const auto unmigrated = open_store(database_, {}, concatenate);
  ASSERT_FALSE(unmigrated);
  EXPECT_EQ(unmigrated.error().code, Errc::unsupported);
  EXPECT_NE(unmigrated.error().message.find("canvas-ws migrate"), std::string::npos);
  execute("CREATE TABLE yjs_document (id text PRIMARY KEY, data jsonb)");
  const auto foreign = migrate(database_, Migration::run);
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("yjs_document.data is of type jsonb"), std::string::npos)
      << foreign.error().message;
}

TEST_F(PostgresStoreTest, RefusesTablesOfALaterVersion) {
  ASSERT_TRUE(migrate(database_, Migration::run));
  execute("INSERT INTO canvas_ws_schema (version) VALUES (99)");
  EXPECT_EQ(open_store(database_, {}, concatenate).error().code, Errc::unsupported);
  EXPECT_EQ(migrate(database_, Migration::run).error().code, Errc::unsupported);
}

TEST_F(PostgresStoreTest, TwoThatMigrateAtOnceDoItOnce) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> statements = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { statements += migrate(database_, Migration::run).value().size(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(
      statements,
      migrate(Database{database_.kind, testing::PostgresCluster::instance().make_database()}, Migration::plan)
          .value()
          .size());
}

TEST_F(PostgresStoreTest, GoesOnOverConnectionsThatAreCut) {
  migrate_and_open();
  log::set_level(log::Level::off);
  for (int i = 0; i < 5; ++i) {
    append_and_wait("a", "x");
    EXPECT_EQ(content("a").size(), static_cast<std::size_t>(i) + 1);
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'canvas-ws' AND pid "
        "<> "
        "pg_backend_pid() AND datname = current_database()");
  }
  append_and_wait("a", "x");
  log::set_level(log::Level::info);
  EXPECT_EQ(content("a").size(), 6u);
  EXPECT_EQ(number("SELECT count(*) FROM yjs_update_log"), 6);
}

TEST_F(PostgresStoreTest, ACommitIsOnDiskWhateverTheDefaultIs) {
  const std::string name = database_.target.substr(database_.target.rfind('/') + 1);
  execute("ALTER DATABASE " + name + " SET synchronous_commit = off");
  execute(app_tables);
  migrate_and_open();
  execute(R"sql(
    CREATE TABLE seen (value text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
    CREATE TRIGGER note AFTER INSERT ON yjs_update_log FOR EACH ROW EXECUTE FUNCTION note();)sql");
  append_and_wait("a", "x");
  EXPECT_EQ(number("SELECT count(*) FROM seen WHERE value = 'on'"), 1);
}

TEST_F(PostgresStoreTest, ACommitIsOnDiskAlsoWhenTheDefaultChangesMeanwhile) {
  execute(app_tables);
  migrate_and_open();
  execute(R"sql(
    CREATE TABLE seen (value text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
    CREATE TRIGGER note AFTER INSERT ON yjs_update_log FOR EACH ROW EXECUTE FUNCTION note();)sql");
  append_and_wait("a", "x");
  execute("ALTER SYSTEM SET synchronous_commit = off");
  execute("SELECT pg_reload_conf()");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  append_and_wait("a", "y");
  execute("ALTER SYSTEM RESET synchronous_commit");
  execute("SELECT pg_reload_conf()");
  EXPECT_EQ(number("SELECT count(*) FROM seen WHERE value = 'on'"), 2);
}

TEST_F(PostgresStoreTest, RefusesTablesThatDoNotTakeWhatIsWritten) {
  ASSERT_TRUE(migrate(database_, Migration::run));
  execute("ALTER TABLE yjs_update_log ADD COLUMN tenant text NOT NULL");
  const auto opened = open_store(database_, {}, concatenate);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_NE(opened.error().message.find("tenant"), std::string::npos) << opened.error().message;
  EXPECT_EQ(number("SELECT count(*) FROM yjs_document"), 0);
}

TEST_F(PostgresStoreTest, TheTableOfUsersMayHaveAnotherName) {
  execute(R"sql(
    CREATE TABLE "Auth Users" ("userId" text PRIMARY KEY);
    INSERT INTO "Auth Users" VALUES ('anna');
    CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea NOT NULL, updated_at timestamptz(3));
    CREATE TABLE yjs_update_log (id bigserial PRIMARY KEY, document_id text, update bytea,
      user_id text REFERENCES "Auth Users" ("userId"), created_at timestamp(3));)sql");
  migrate_and_open();
  append_and_wait("a", "1", "anna");
  append_and_wait("a", "2", "nobody");
  EXPECT_EQ(number("SELECT count(user_id) FROM yjs_update_log"), 1);
  EXPECT_EQ(content("a"), "12");
}

TEST_F(PostgresStoreTest, ARowWithoutBytesIsMendedByHand) {
  execute(R"sql(
    CREATE TABLE yjs_document (id text PRIMARY KEY, data bytea, updated_at timestamp);
    CREATE TABLE yjs_update_log (id bigserial, document_id text, update_data bytea, user_id text, created_at timestamp);
    INSERT INTO yjs_document VALUES ('a');
    INSERT INTO yjs_update_log (document_id) VALUES ('a');)sql");
  migrate_and_open();
  const auto tables = open_tables(database_, Use::write).value();
  const std::int64_t row = tables->read("a").value().document.updates.at(0).row;
  const std::array parts{Damage{row, "no update"}, Damage{std::nullopt, "no state"}};
  ASSERT_TRUE(tables->set_aside("a", parts));
  EXPECT_EQ(number("SELECT count(*) FROM yjs_quarantine"), 2);
  EXPECT_EQ(content("a"), "");
}

TEST(Database, AStringIsReadWithoutShowingItsPassword) {
  EXPECT_EQ(db::parse_database("sqlite:x.db").value().target, "x.db");
  const Database uri = db::parse_database("postgres://u:secret@h:5/d?sslmode=require").value();
  EXPECT_EQ(uri.description(), "PostgreSQL user=u dbname=d host=h port=5");
  EXPECT_EQ(db::parse_database("host=/run/x dbname=d password=secret").value().description(),
            "PostgreSQL dbname=d host=/run/x");
  for (const char* bad :
       {"", "sqlite:", "mysql://x", "postgres://u:se@cret@h:x/d?nonsense=1", "what=secret"}) {
    const auto parsed = db::parse_database(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, Errc::invalid_use);
    EXPECT_EQ(parsed.error().message.find("cret"), std::string::npos) << parsed.error().message;
  }
}

}  // namespace
}  // namespace canvas::store
