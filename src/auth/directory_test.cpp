// What both kinds of database do alike.
#include "auth/directory.h"

#include <gtest/gtest.h>

#include "auth/signature.h"
#include "auth/table_names.h"
#include "fixtures/auth_database.h"

namespace canvas::auth {
namespace {

class DirectoryTest : public ::testing::TestWithParam<db::Database::Kind> {
protected:
  testing::AuthDatabase database_{GetParam()};

  Directory& directory() { return database_.directory(); }
  void expect_sessions();
};

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

constexpr std::int64_t june_2099 = 4083998400123;  // 2099-06-01T12:00:00.123Z

// Those of the tables of the fixture.
void DirectoryTest::expect_sessions() {
  const std::vector<std::string> tokens{"token2", "nobody's", "token1", "token2", std::string("token1\0", 7),
                                        "\xff",   "",         "TOKEN1"};
  const auto found = directory().find_sessions(tokens);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), tokens.size());
  const Session& late = found->at(0).value();
  EXPECT_EQ(late.id, "s2");
  EXPECT_EQ(milliseconds(late.expires_at), 1577836800000);
  EXPECT_EQ(late.user.id, "bob");
  EXPECT_EQ(late.user.role, std::nullopt);
  EXPECT_TRUE(late.user.is_banned);
  EXPECT_EQ(milliseconds(late.user.ban_expires.value()), 4102444800500);
  EXPECT_EQ(late.impersonated_by, "");
  const Session& good = found->at(2).value();
  EXPECT_EQ(good.id, "s1");
  EXPECT_EQ(milliseconds(good.expires_at), june_2099);
  EXPECT_EQ(good.user.id, "anna");
  EXPECT_EQ(good.user.role, "admin,user");
  EXPECT_FALSE(good.user.is_banned);
  EXPECT_EQ(good.user.ban_expires, std::nullopt);
  EXPECT_EQ(good.impersonated_by, "bob");
  EXPECT_EQ(found->at(3).value().id, "s2");
  for (const std::size_t none : {1, 4, 5, 6, 7}) EXPECT_FALSE(found->at(none)) << none;
}

TEST_P(DirectoryTest, ReadsSessionsInTheOrderAsked) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  expect_sessions();
}

TEST_P(DirectoryTest, ReadsTablesInThePluralAndSnakeCase) {
  database_.execute(testing::snake_case_tables);
  database_.open();
  expect_sessions();
  EXPECT_TRUE(database_.opener().layout().has_bans);
  EXPECT_TRUE(directory().read_keys().value().empty());
  EXPECT_EQ(directory().consume_one_time_token("plain").value(), std::nullopt);
}

TEST_P(DirectoryTest, ReadsRenamedTablesAndColumns) {
  database_.execute(R"sql(
    CREATE TABLE "app ""users" (key text PRIMARY KEY, app_role text);
    CREATE TABLE auth_session (id text PRIMARY KEY, token text UNIQUE, expiresat timestamp, "user" text);
    INSERT INTO "app ""users" VALUES ('anna', 'admin');
    INSERT INTO auth_session VALUES ('s1', 'token1', '2099-06-01 12:00:00.123', 'anna');)sql");
  database_.open(database_.options(
      "session=auth_session, session.userId=user, user=app \"users, user.id=key, user.role=app_role"));
  const Session session = database_.session("token1").value();
  EXPECT_EQ(milliseconds(session.expires_at), june_2099);
  EXPECT_EQ(session.user.role, "admin");
  EXPECT_FALSE(session.user.is_banned);
}

TEST_P(DirectoryTest, FindsByIdAsWell) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  const auto sessions = directory().find_sessions_by_id(std::vector<std::string>{"s3", "s1"}).value();
  EXPECT_FALSE(sessions[0]);
  EXPECT_EQ(sessions[1].value().user.id, "anna");
  const auto users = directory().find_users(std::vector<std::string>{"bob", "", "anna", "bob"}).value();
  EXPECT_TRUE(users[0].value().is_banned);
  EXPECT_FALSE(users[1]);
  EXPECT_EQ(users[2].value().role, "admin,user");
  EXPECT_EQ(users[3].value().id, "bob");
  EXPECT_TRUE(directory().find_users({}).value().empty());
}

TEST_P(DirectoryTest, IntegerIdsAreRead) {
  database_.execute(R"sql(
    CREATE TABLE "user" (id integer PRIMARY KEY);
    CREATE TABLE session (id integer PRIMARY KEY, token text UNIQUE, "expiresAt" timestamp, "userId" integer);
    INSERT INTO "user" VALUES (7);
    INSERT INTO session VALUES (1, 'token1', '2099-06-01 12:00:00.123', 7);)sql");
  database_.open();
  EXPECT_EQ(database_.session("token1").value().user.id, "7");
  const auto users =
      directory().find_users(std::vector<std::string>{"7", "x", "99999999999", "7; DROP TABLE session"});
  ASSERT_TRUE(users) << users.error().message;
  EXPECT_EQ(users->at(0).value().id, "7");
  for (const std::size_t none : {1, 2, 3}) EXPECT_FALSE(users->at(none));
  EXPECT_TRUE(directory().find_sessions_by_id(std::vector<std::string>{"1"}).value()[0]);
}

TEST_P(DirectoryTest, TakesAOneTimeTokenOnce) {
  database_.execute(testing::camel_case_tables);
  database_.execute("INSERT INTO verification VALUES ('v3', 'one-time-token:" + sha256_base64url("hashed") +
                    "', 'token2', '2099-01-01T00:00:00Z')");
  database_.open();
  const auto other = database_.opener().open();
  EXPECT_EQ(directory().consume_one_time_token("plain").value(), "token1");
  EXPECT_EQ(other->consume_one_time_token("plain").value(), std::nullopt);
  EXPECT_EQ(other->consume_one_time_token("hashed").value(), "token2");
  EXPECT_EQ(directory().consume_one_time_token("late").value(), std::nullopt);
  EXPECT_EQ(directory().consume_one_time_token(std::string("plain\0", 6)).value(), std::nullopt);
}

TEST_P(DirectoryTest, ReadsKeys) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  const auto keys = directory().read_keys().value();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[0].id, "k1");
  EXPECT_FALSE(keys[0].expires_at);
  EXPECT_EQ(keys[1].public_key, R"({"a":1})");
  EXPECT_EQ(milliseconds(keys[1].expires_at.value()), 4070908800000);
}

TEST_P(DirectoryTest, AMissingTableOfSessionsIsExplained) {
  database_.execute("CREATE TABLE \"user\" (id text)");
  const auto inspected = inspect_directory(database_.options());
  ASSERT_FALSE(inspected);
  EXPECT_EQ(inspected.error().code, Errc::unsupported);
  EXPECT_NE(inspected.error().message.find("storeSessionInDatabase"), std::string::npos);
  EXPECT_NE(inspected.error().message.find("--auth-names"), std::string::npos);
}

TEST_P(DirectoryTest, AMissingColumnIsNamed) {
  database_.execute("CREATE TABLE session (id text, token text, \"userId\" text)");
  const auto inspected = inspect_directory(database_.options());
  ASSERT_FALSE(inspected);
  EXPECT_EQ(inspected.error().code, Errc::unsupported);
  EXPECT_NE(inspected.error().message.find("\"session\" has no column expiresAt"), std::string::npos);
}

TEST_P(DirectoryTest, TheOperatorsQueryGrantsActions) {
  database_.execute(testing::camel_case_tables);
  database_.execute(R"sql(
    CREATE TABLE grants (user_id text, document text, what text, admin boolean);
    INSERT INTO grants VALUES ('anna', 'a', 'view,edit', false), ('bob', 'a', 'view', false),
      ('bob', 'b', 'nonsense', false), ('bob', 'c', 'view', false), ('bob', 'c', 'edit', false),
      ('bob', 'd', '', true);)sql");
  auto options = database_.options();
  options.permissions = PermissionRules::Kind::sql;
  options.query = "SELECT what, admin AS view FROM grants WHERE user_id = $1 AND document = $2";
  database_.open(options);
  const User anna{"anna", {}, false, {}};
  const User bob{"bob", {}, false, {}};
  const std::vector<Question> questions{{&bob, "a", ""},       {&anna, "a", ""},
                                        {&bob, "b", ""},       {&bob, "c", ""},
                                        {&bob, "d", ""},       {&bob, std::string("a\0", 2), ""},
                                        {&bob, "a'--\xff", ""}};
  const auto actions = directory().run_query(options.query, questions);
  ASSERT_TRUE(actions) << actions.error().message;
  const Actions view{true, false};
  const Actions both{true, true};
  EXPECT_EQ(*actions, (std::vector<Actions>{view, both, {}, both, view, {}, {}}));
}

TEST_P(DirectoryTest, AQueryThatCannotBePreparedIsRefusedAtTheStart) {
  database_.execute(testing::camel_case_tables);
  auto options = database_.options();
  options.permissions = PermissionRules::Kind::sql;
  options.query = "SELECT what FROM nowhere WHERE user_id = $1";
  const auto inspected = inspect_directory(options);
  ASSERT_FALSE(inspected);
  EXPECT_EQ(inspected.error().code, Errc::invalid_use);
}

TEST_P(DirectoryTest, DiagramsNeedTheirTables) {
  database_.execute(testing::camel_case_tables);
  auto options = database_.options();
  options.permissions = PermissionRules::Kind::diagram;
  EXPECT_EQ(inspect_directory(options).error().code, Errc::unsupported);
  const AccessMigration plan{.with_diagrams = true, .with_triggers = false, .plan_only = true};
  EXPECT_EQ(migrate_access(options, plan).value().size(), 5);
  const AccessMigration run{.with_diagrams = true, .with_triggers = false, .plan_only = false};
  EXPECT_EQ(migrate_access(options, run).value().size(), 5);
  EXPECT_TRUE(migrate_access(options, run).value().empty());
  EXPECT_TRUE(inspect_directory(options));
}

TEST_P(DirectoryTest, ATableThatOnlyHasTheNameIsNotTaken) {
  database_.execute(testing::camel_case_tables);
  database_.execute("CREATE TABLE diagram (id text, visibility text)");
  const auto migrated = migrate_access(database_.options(), {.with_diagrams = true});
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().code, Errc::unsupported);
  EXPECT_NE(migrated.error().message.find("owner_id, organization_id"), std::string::npos);
}

TEST_P(DirectoryTest, GivesUpWhenItIsInterrupted) {
  database_.execute(testing::camel_case_tables);
  database_.open();
  directory().interrupt();
  EXPECT_EQ(directory().find_sessions(std::vector<std::string>{"token1"}).error().code, Errc::unavailable);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DirectoryTest,
                         ::testing::Values(db::Database::Kind::postgres, db::Database::Kind::sqlite),
                         testing::kind_word);

TEST(SqliteDirectory, ReadsDatesOfEveryForm) {
  for (const char* date : {"4083998400123", "'2099-06-01T12:00:00.123Z'", "'2099-06-01 12:00:00.123'",
                           "'2099-06-01T14:00:00.123+02:00'", "4083998400123.0"}) {
    testing::AuthDatabase database(db::Database::Kind::sqlite);
    database.execute(R"(CREATE TABLE user (id text PRIMARY KEY, banned integer);
      CREATE TABLE session (id text PRIMARY KEY, token text UNIQUE, expires_at, user_id text);
      INSERT INTO user VALUES ('anna', 0); INSERT INTO session VALUES ('s1', 'token1', )" +
                     std::string(date) +
                     ", 'anna'), ('s2', 'token2', 4083998400, 'anna'), "
                     "('s3', 'token3', 'never', 'anna')");
    database.open();
    EXPECT_EQ(milliseconds(database.session("token1").value().expires_at), june_2099) << date;
    EXPECT_EQ(milliseconds(database.session("token2").value().expires_at), june_2099 - 123);
    EXPECT_EQ(milliseconds(database.session("token3").value().expires_at), 0);
  }
}

TEST(SqliteDirectory, AFileThatIsNotThereIsNotMade) {
  const testing::TemporaryFolder folder;
  DirectoryOptions options;
  options.database = {db::Database::Kind::sqlite, (folder.path() / "none.sqlite").string()};
  EXPECT_EQ(inspect_directory(options).error().code, Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(options.database.target));
}

TEST(SqliteDirectory, AQueryThatWritesIsRefused) {
  testing::AuthDatabase database(db::Database::Kind::sqlite);
  database.execute(testing::camel_case_tables);
  auto options = database.options();
  options.permissions = PermissionRules::Kind::sql;
  options.query = "DELETE FROM session RETURNING 'view'";
  EXPECT_EQ(inspect_directory(options).error().code, Errc::invalid_use);
}

TEST(NameMap, RefusesWhatMakesNoSense) {
  for (const char* text : {"session", "session=", "=x", "nothing=x", "session.nothing=x", "session=a=b",
                           "session=a,session=b", "diagram=x"}) {
    const auto parsed = NameMap::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_use);
  }
  EXPECT_TRUE(NameMap::parse(" session = auth.s , , user.id=uid,"));
  EXPECT_EQ(NameMap::parse("session=auth.s\"").value().tables("session")[0].quoted(), R"("auth"."s""")");
}

}  // namespace
}  // namespace canvas::auth
