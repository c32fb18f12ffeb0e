// What is peculiar to PostgreSQL: zones, uuids, indexes, lost connections, and triggers that tell of changes.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "auth/postgres_directory.h"
#include "fixtures/auth_database.h"

namespace canvas::auth {
namespace {

class PostgresDirectoryTest : public ::testing::Test {
protected:
  testing::AuthDatabase database_{db::Database::Kind::postgres};

  Directory& directory() { return database_.directory(); }
  bool finds(const std::string& token) { return database_.session(token).has_value(); }
  // What EXPLAIN says of one of our statements, where it would rather not read whole tables.
  std::string plan_of(const std::string& sql) {
    auto connection = database_.postgres();
    EXPECT_TRUE(connection.execute("SET enable_seqscan = off; PREPARE asked (text[]) AS " + sql));
    const auto rows = connection.query("EXPLAIN EXECUTE asked ('{7,8}')");
    EXPECT_TRUE(rows) << rows.error().message;
    std::string plan;
    for (int row = 0; rows && row < rows->size(); ++row) plan.append(rows->text(row, 0)).append("\n");
    return plan;
  }
  PostgresStatements statements() {
    auto connection = database_.postgres();
    return PostgresStatements(find_postgres_tables(connection, NameMap{}).value());
  }
};

TEST_F(PostgresDirectoryTest, TimesWithoutAZoneAreUtcWhereverTheDatabaseIs) {
  database_.execute(testing::snake_case_tables);
  database_.execute(R"sql(
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database()); END $$;
    CREATE TABLE verification (identifier text, value text, expires_at timestamp);
    INSERT INTO sessions VALUES ('s3', 'token3', (now() + interval '1 hour') AT TIME ZONE 'UTC', 'anna');
    INSERT INTO verification VALUES
      ('one-time-token:late', 'token1', (now() - interval '1 minute') AT TIME ZONE 'UTC'),
      ('one-time-token:good', 'token1', (now() + interval '1 minute') AT TIME ZONE 'UTC');)sql");
  database_.open();
  const auto left = database_.session("token3").value().expires_at - std::chrono::system_clock::now();
  EXPECT_NEAR(std::chrono::duration<double>(left).count(), 3600, 30);
  EXPECT_EQ(directory().consume_one_time_token("late").value(), std::nullopt);
  EXPECT_EQ(directory().consume_one_time_token("good").value(), "token1");
}

TEST_F(PostgresDirectoryTest, UuidsAreLookedUpByTheirIndexAndNothingElseIsAskedFor) {
  database_.execute(R"sql(
    CREATE TABLE "user" (id uuid PRIMARY KEY);
    CREATE TABLE session (id uuid PRIMARY KEY, token text UNIQUE, "expiresAt" timestamptz, "userId" uuid);
    INSERT INTO "user" VALUES ('0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f');
    INSERT INTO session VALUES ('1b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f', 'token1', 'infinity',
      '0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f');)sql");
  database_.open();
  EXPECT_TRUE(finds("token1"));
  const std::vector<std::string> ids{"0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f", "anna", "", std::string("\0", 1),
                                     "0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6g"};
  const auto users = directory().find_users(ids);
  ASSERT_TRUE(users) << users.error().message;
  EXPECT_EQ(users->at(0).value().id, ids[0]);
  for (const std::size_t none : {1, 2, 3, 4}) EXPECT_FALSE(users->at(none));
  EXPECT_TRUE(directory().find_sessions_by_id(std::vector<std::string>{"x"}));
}

TEST_F(PostgresDirectoryTest, SessionsAndUsersAreFoundByTheirIndexes) {
  database_.execute(testing::camel_case_tables);
  EXPECT_NE(plan_of(statements().sessions_by_token).find("session_token_key"), std::string::npos);
  EXPECT_NE(plan_of(statements().users).find("user_pkey"), std::string::npos);
  database_.execute(
      "DROP TABLE session, \"user\"; CREATE TABLE \"user\" (id integer PRIMARY KEY); CREATE "
      "TABLE session (id integer PRIMARY KEY, token varchar(64) UNIQUE, \"expiresAt\" "
      "timestamptz, \"userId\" integer)");
  EXPECT_NE(plan_of(statements().sessions_by_token).find("session_token_key"), std::string::npos);
  EXPECT_NE(plan_of(statements().users).find("user_pkey"), std::string::npos);
  EXPECT_NE(plan_of(statements().sessions_by_id).find("session_pkey"), std::string::npos);
}

TEST_F(PostgresDirectoryTest, TablesMayBeInAnotherSchema) {
  database_.execute(R"sql(
    CREATE SCHEMA auth; SET search_path = auth;)sql" +
                    std::string(testing::snake_case_tables));
  EXPECT_EQ(inspect_directory(database_.options()).error().code, Errc::unsupported);
  database_.open(database_.options("session=auth.sessions, user=auth.users"));
  EXPECT_TRUE(finds("token1"));
}

TEST_F(PostgresDirectoryTest, OfTwoWhoTakeATokenOneGetsIt) {
  database_.execute(testing::camel_case_tables);
  database_.execute(
      "INSERT INTO verification SELECT i::text, 'one-time-token:t' || i, 'token1', '2099-01-01' "
      "FROM generate_series(1, 200) i");
  database_.open();
  std::vector<std::thread> threads;
  std::atomic<int> taken = 0;
  for (int each = 0; each < 2; ++each) {
    threads.emplace_back([&] {
      const auto directory = database_.opener().open();
      for (int i = 1; i <= 200; ++i) {
        const auto token = directory->consume_one_time_token("t" + std::to_string(i));
        EXPECT_TRUE(token) << token.error().message;
        if (token && *token) ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 200);
}

TEST_F(PostgresDirectoryTest, AConnectionThatWasLostIsMadeAgain) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  const User anna{"anna", {}, false, {}};
  const std::vector<Question> questions{{&anna, "a", ""}};
  const std::string query = "SELECT 'view' WHERE $1 = 'anna'";
  for (const auto& ask : std::vector<std::function<bool()>>{
           [&] { return finds("token1"); },
           [&] { return directory().consume_one_time_token("plain").value() == "token1"; },
           [&] { return directory().run_query(query, questions).value()[0].view; }}) {
    EXPECT_TRUE(finds("token1"));
    database_.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    EXPECT_TRUE(ask());
  }
}

TEST_F(PostgresDirectoryTest, WaitingForALockedTableEndsWhenItIsInterrupted) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  auto locker = database_.postgres();
  ASSERT_TRUE(locker.execute("BEGIN; LOCK TABLE session"));
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    directory().interrupt();
  });
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(directory().find_sessions(std::vector<std::string>{"token1"}).error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  interrupter.join();
}

TEST_F(PostgresDirectoryTest, AQuestionThatTheQueryCannotTakeDoesNotStopOthers) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  const std::string query = "SELECT ARRAY['view', 'edit'] WHERE $2::uuid IS NOT NULL AND $1 = 'anna'";
  const User anna{"anna", {}, false, {}};
  const std::vector<Question> questions{{&anna, "x", ""},
                                        {&anna, "0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f", ""}};
  EXPECT_EQ(directory().run_query(query, questions).value(), (std::vector<Actions>{{}, {true, true}}));
  EXPECT_EQ(directory().run_query(query, std::span(questions).first(1)).value(), std::vector<Actions>{{}});
}

TEST_F(PostgresDirectoryTest, AQueryThatRejectsAllOfItsQuestionsIsWrong) {
  database_.execute(testing::camel_case_tables);
  database_.execute(R"sql(CREATE FUNCTION grants(document text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      IF document = 'raise' THEN RAISE EXCEPTION 'no'; END IF;
      RETURN CASE WHEN document::int > 0 THEN 'view' END;
    END $$)sql");
  database_.open();
  const std::string query = "SELECT grants($2) WHERE $1 = 'anna'";
  const User anna{"anna", {}, false, {}};
  const std::vector<Question> questions{{&anna, "7", ""}, {&anna, "raise", ""}, {&anna, "x", ""}};
  const Actions view{true, false};
  EXPECT_EQ(directory().run_query(query, questions).value(), (std::vector<Actions>{view, {}, {}}));
  EXPECT_EQ(directory().run_query(query, std::span(questions).subspan(1)).error().code, Errc::rejected);
  EXPECT_EQ(directory().run_query(query, std::span(questions).subspan(1, 1)).error().code, Errc::rejected);
  EXPECT_EQ(directory().run_query(query, std::span(questions).last(1)).value(), std::vector<Actions>{{}});
}

TEST_F(PostgresDirectoryTest, AQuestionThatTakesTooLongIsNoRefusal) {
  database_.execute(testing::camel_case_tables);
  database_.execute(R"sql(DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET statement_timeout = 300', current_database()); END $$)sql");
  database_.open();
  const std::string query =
      "SELECT 'view' FROM pg_sleep(CASE $2 WHEN 'slow' THEN 5 ELSE 0 END) WHERE $1 = 'anna'";
  const User anna{"anna", {}, false, {}};
  const std::vector<Question> questions{{&anna, "slow", ""}, {&anna, "a", ""}};
  EXPECT_EQ(directory().run_query(query, questions).error().code, Errc::io);
  EXPECT_TRUE(directory().run_query(query, std::span(questions).last(1)).value()[0].view);
}

TEST_F(PostgresDirectoryTest, ATokenThatItsColumnCannotHoldDoesNotStopOthers) {
  database_.execute(R"sql(
    CREATE TABLE "user" (id text PRIMARY KEY);
    CREATE TABLE session (id text PRIMARY KEY, token uuid UNIQUE, "expiresAt" timestamptz, "userId" text);
    INSERT INTO "user" VALUES ('anna');
    INSERT INTO session VALUES ('s1', '0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f', 'infinity', 'anna');)sql");
  database_.open();
  const std::vector<std::string> tokens{"hostile", "0b8f6c1e-5d2a-4f7e-9c3b-1a2b3c4d5e6f"};
  const auto sessions = directory().find_sessions(tokens);
  ASSERT_TRUE(sessions) << sessions.error().message;
  EXPECT_FALSE(sessions->at(0));
  EXPECT_TRUE(sessions->at(1));
}

TEST(PostgresDirectory, ADatabaseThatCannotHoldEveryTextIsRefused) {
  DirectoryOptions options;
  options.database = {db::Database::Kind::postgres, testing::PostgresCluster::instance().make_database(
                                                        "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")};
  const auto inspected = inspect_directory(options);
  ASSERT_FALSE(inspected);
  EXPECT_EQ(inspected.error().code, Errc::unsupported);
  EXPECT_NE(inspected.error().message.find("LATIN1"), std::string::npos);
}

TEST_F(PostgresDirectoryTest, AQueryThatWritesIsRefused) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  const std::string query = "DELETE FROM session WHERE id = $1 OR id = $2 RETURNING 'view'";
  const User user{"s1", {}, false, {}};
  EXPECT_FALSE(directory().run_query(query, std::vector<Question>{{&user, "s2", ""}}));
  EXPECT_TRUE(finds("token1"));
}

class ChangeFeedTest : public PostgresDirectoryTest {
protected:
  void SetUp() override {
    database_.execute(testing::camel_case_tables);
    const AccessMigration what{.with_diagrams = true, .with_triggers = true};
    const auto migrated = migrate_access(database_.options(), what);
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_TRUE(migrate_access(database_.options(), what).value().empty());
    database_.open();
    ASSERT_TRUE(database_.opener().layout().has_triggers);
    feed_ = database_.opener().open_feed();
    EXPECT_EQ(told(), "everything");
  }
  // The changes of one wait, as words.
  std::string told() {
    const auto changes = feed_->wait();
    EXPECT_TRUE(changes) << changes.error().message;
    std::string words;
    for (const AccessChange& change : changes ? *changes : std::vector<AccessChange>{}) {
      const std::array names{"session:", "user:", "document:", "everything"};
      words += (words.empty() ? "" : " ");
      words += names.at(static_cast<std::size_t>(change.kind)) + change.id;
    }
    return words;
  }
  // What `sql` makes the feed tell, up to a mark that is set behind it.
  std::string told_after(const std::string& sql) {
    database_.execute(sql);
    database_.execute("NOTIFY canvas_ws_access, 'user:mark'");
    std::string all;
    while (!all.ends_with("user:mark")) {
      const std::string more = told();
      if (more.empty()) return all + " (nothing more)";
      all.append(all.empty() ? "" : " ").append(more);
    }
    all.resize(all.size() - std::string_view("user:mark").size());
    if (all.ends_with(' ')) all.pop_back();
    return all;
  }

  std::unique_ptr<ChangeFeed> feed_;
};

TEST_F(ChangeFeedTest, TellsOfSessionsAndUsers) {
  EXPECT_EQ(told_after("UPDATE session SET \"updatedAt\" = now()"), "");
  EXPECT_EQ(told_after("UPDATE session SET \"expiresAt\" = now() WHERE id = 's1'"), "session:s1");
  EXPECT_EQ(told_after("DELETE FROM session WHERE id = 's1'"), "session:s1");
  EXPECT_EQ(told_after("UPDATE \"user\" SET role = 'guest' WHERE id = 'anna'"), "user:anna");
  EXPECT_EQ(told_after("UPDATE \"user\" SET role = 'guest' WHERE id = 'anna'"), "");
  EXPECT_EQ(told_after("DELETE FROM \"user\" WHERE id = 'bob'"), "user:bob session:s2");
  EXPECT_EQ(told_after("INSERT INTO session VALUES ('s9', 't9', now(), 'anna', NULL, NULL)"), "");
  EXPECT_EQ(told_after("TRUNCATE session"), "everything");
}

TEST_F(ChangeFeedTest, TellsOfPermissions) {
  EXPECT_EQ(told_after("INSERT INTO diagram (id, owner_id) VALUES ('a', 'anna'), ('b', 'anna')"),
            "document:a document:b");
  EXPECT_EQ(told_after("UPDATE diagram SET title = 'x'"), "");
  EXPECT_EQ(told_after("UPDATE diagram SET visibility = 'public' WHERE id = 'a'"), "document:a");
  EXPECT_EQ(
      told_after("INSERT INTO diagram_member (diagram_id, user_id, role) VALUES ('a', 'bob', 'viewer')"),
      "document:a");
  EXPECT_EQ(told_after("UPDATE diagram_member SET diagram_id = 'b'"), "document:a document:b");
  EXPECT_EQ(told_after("INSERT INTO diagram_share_link (diagram_id, token_hash, role) VALUES ('b', 'h', "
                       "'viewer')"),
            "document:b");
  EXPECT_EQ(told_after("INSERT INTO member VALUES ('m1', 'o1', 'bob', 'viewer')"), "user:bob");
  EXPECT_EQ(told_after("INSERT INTO \"organizationRole\" VALUES ('r1', 'o1', 'viewer', '{}')"), "everything");
}

TEST_F(ChangeFeedTest, AnIdThatIsTooLongConcernsEverybody) {
  EXPECT_EQ(told_after("INSERT INTO diagram (id) VALUES (repeat('x', 9000))"), "everything");
  EXPECT_EQ(told_after("INSERT INTO diagram (id) VALUES (repeat('x', 6000))"),
            "document:" + std::string(6000, 'x'));
}

TEST_F(ChangeFeedTest, TriggersThatAreMissingAreNamed) {
  const auto layout_after = [this](const std::string& sql) {
    database_.execute(sql);
    database_.open();
    return database_.opener().layout();
  };
  const DirectoryLayout some = layout_after(
      "DROP TRIGGER canvas_ws_access ON diagram_member; "
      "ALTER TABLE member DISABLE TRIGGER canvas_ws_access_truncate");
  EXPECT_FALSE(some.has_triggers);
  EXPECT_EQ(some.description.back(),
            "triggers are missing or disabled on \"member\", \"diagram_member\": "
            "run canvas-ws migrate --with-triggers, or enable them");
  EXPECT_NE(database_.opener().open_feed(), nullptr);
  const DirectoryLayout none = layout_after("DROP FUNCTION canvas_ws_notify_access CASCADE");
  EXPECT_FALSE(none.has_triggers);
  EXPECT_FALSE(none.description.back().starts_with("triggers"));
  EXPECT_EQ(database_.opener().open_feed(), nullptr);
}

TEST_F(ChangeFeedTest, AConnectionThatWasLostConcernsEverybody) {
  database_.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  EXPECT_EQ(feed_->wait().error().code, Errc::unavailable);
  EXPECT_EQ(told(), "everything");
  EXPECT_EQ(told_after("DELETE FROM session WHERE id = 's1'"), "session:s1");
}

TEST_F(ChangeFeedTest, WaitingEndsWhenItIsInterrupted) {
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    feed_->interrupt();
  });
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(feed_->wait().error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  interrupter.join();
}

TEST_F(PostgresDirectoryTest, TablesOfDiagramsReferToUsersWhateverTheirIdsAre) {
  for (const char* type : {"uuid", "integer", "character varying(36)"}) {
    database_.execute(
        "DROP TABLE IF EXISTS session, users, diagram, diagram_member, diagram_share_link CASCADE");
    database_.execute("CREATE TABLE users (id " + std::string(type) +
                      " PRIMARY KEY); CREATE TABLE session (id text PRIMARY KEY, token text UNIQUE, "
                      "\"expiresAt\" timestamptz, \"userId\" " +
                      type + ")");
    const auto migrated = migrate_access(database_.options(), {.with_diagrams = true, .with_triggers = true});
    ASSERT_TRUE(migrated) << migrated.error().message;
    database_.open();
    const User user{"x\0y", "", false, {}};
    const auto facts = directory().find_diagram_facts(std::vector<Question>{{&user, "a", "h"}});
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_FALSE(facts->at(0).exists);
  }
}

}  // namespace
}  // namespace canvas::auth
