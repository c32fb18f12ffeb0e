// Better Auth's tables in PostgreSQL as they are found, and what is peculiar to it.
#include <gtest/gtest.h>

#include <thread>

#include "auth/directory.h"
#include "auth/signature.h"
#include "db/postgres.h"
#include "fixtures/postgres_cluster.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;

class PostgresDirectoryTest : public ::testing::Test {
protected:
  void make(const std::string& sql, const std::string& options = "") {
    target_ = testing::PostgresCluster::instance().make_database(options);
    execute(sql);
  }
  void execute(const std::string& sql) {
    auto connection = PostgresConnection::connect({.target = target_}).value();
    const auto ran = connection.execute(sql);
    ASSERT_TRUE(ran) << ran.error().message;
  }
  DirectoryOptions options(const std::string& names = "") const {
    DirectoryOptions options;
    options.database = {db::Database::Kind::postgres, target_};
    options.names = names;
    return options;
  }
  void open(const std::string& names = "") {
    auto inspected = inspect_directory(options(names));
    ASSERT_TRUE(inspected) << inspected.error().message;
    opener_ = std::move(*inspected);
    directory_ = opener_->open();
  }
  std::optional<Session> session(const std::string& token) {
    const std::vector tokens{token};
    auto found = directory_->find_sessions(tokens);
    EXPECT_TRUE(found) << found.error().message;
    return found ? found->front() : std::nullopt;
  }

  std::string target_;
  std::unique_ptr<DirectoryOpener> opener_;
  std::unique_ptr<Directory> directory_;
};

// Seconds from now, about.
double seconds_until(WallTime time) {
  return std::chrono::duration<double>(time - std::chrono::system_clock::now()).count();
}

constexpr const char* camel_case = R"sql(
  CREATE TABLE "user" (id text PRIMARY KEY, role text, banned boolean, "banExpires" timestamptz);
  CREATE TABLE session (id text PRIMARY KEY, token text UNIQUE NOT NULL, "expiresAt" timestamptz NOT NULL,
    "userId" text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE, "impersonatedBy" text);
  CREATE TABLE verification (id text PRIMARY KEY, identifier text NOT NULL, value text NOT NULL,
    "expiresAt" timestamptz NOT NULL);
  CREATE TABLE jwks (id text PRIMARY KEY, "publicKey" text NOT NULL, "expiresAt" timestamptz);
  INSERT INTO "user" VALUES ('anna', 'admin,user', NULL, NULL), ('bob', NULL, true, now() + interval '1 hour');
  INSERT INTO session VALUES ('s1', 'token1', now() + interval '100 s', 'anna', 'bob'),
    ('s2', 'token2', now() - interval '100 s', 'bob', NULL);
  INSERT INTO verification VALUES ('v1', 'one-time-token:plain', 'token1', now() + interval '100 s'),
    ('v2', 'one-time-token:late', 'token1', now() - interval '1 s');
  INSERT INTO jwks VALUES ('k1', '{}', NULL), ('k2', '{"a":1}', now() + interval '100 s');)sql";

constexpr const char* snake_case = R"sql(
  CREATE TABLE users (id text PRIMARY KEY, role text, banned boolean, ban_expires timestamp);
  CREATE TABLE sessions (id text PRIMARY KEY, token text UNIQUE NOT NULL, expires_at timestamp NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE, impersonated_by text);
  INSERT INTO users VALUES ('anna', 'admin,user', NULL, NULL),
    ('bob', NULL, true, (now() + interval '1 hour') AT TIME ZONE 'UTC');
  INSERT INTO sessions VALUES ('s1', 'token1', (now() + interval '100 s') AT TIME ZONE 'UTC', 'anna', 'bob'),
    ('s2', 'token2', (now() - interval '100 s') AT TIME ZONE 'UTC', 'bob', NULL);)sql";

TEST_F(PostgresDirectoryTest, ReadsSessionsInTheOrderAsked) {
  for (const char* tables : {camel_case, snake_case}) {
    make(tables);
    execute("ALTER DATABASE " +
            std::string(PostgresConnection::connect({.target = target_})
                            .value()
                            .query("SELECT current_database()::text")
                            .value()
                            .text(0, 0)) +
            " SET timezone = 'America/New_York'");
    open();
    const std::vector<std::string> tokens{
        "token2", "nobody's", "token1", "token2", std::string("token1\0", 7), "\xff", ""};
    const auto found = directory_->find_sessions(tokens);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), tokens.size());
    const Session& late = found->at(0).value();
    EXPECT_EQ(late.id, "s2");
    EXPECT_NEAR(seconds_until(late.expires_at), -100, 20);
    EXPECT_EQ(late.user.id, "bob");
    EXPECT_EQ(late.user.role, std::nullopt);
    EXPECT_TRUE(late.user.is_banned);
    EXPECT_NEAR(seconds_until(late.user.ban_expires.value()), 3600, 20);
    EXPECT_EQ(late.impersonated_by, "");
    const Session& good = found->at(2).value();
    EXPECT_NEAR(seconds_until(good.expires_at), 100, 20);
    EXPECT_EQ(good.user.role, "admin,user");
    EXPECT_FALSE(good.user.is_banned);
    EXPECT_EQ(good.impersonated_by, "bob");
    EXPECT_EQ(found->at(3).value().id, "s2");
    for (const std::size_t none : {1, 4, 5, 6}) EXPECT_FALSE(found->at(none));
  }
}

TEST_F(PostgresDirectoryTest, TakesAOneTimeTokenOnce) {
  make(camel_case);
  execute("INSERT INTO verification VALUES ('v3', 'one-time-token:" + sha256_base64url("hashed") +
          "', 'token2', now() + interval '100 s')");
  open();
  EXPECT_EQ(directory_->consume_one_time_token("plain").value(), "token1");
  EXPECT_EQ(directory_->consume_one_time_token("plain").value(), std::nullopt);
  EXPECT_EQ(directory_->consume_one_time_token("hashed").value(), "token2");
  EXPECT_EQ(directory_->consume_one_time_token("late").value(), std::nullopt);
  EXPECT_EQ(directory_->consume_one_time_token(std::string("plain\0", 6)).value(), std::nullopt);
}

TEST_F(PostgresDirectoryTest, ReadsKeys) {
  make(camel_case);
  open();
  const auto keys = directory_->read_keys().value();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[0].id, "k1");
  EXPECT_FALSE(keys[0].expires_at);
  EXPECT_EQ(keys[1].public_key, R"({"a":1})");
  EXPECT_NEAR(seconds_until(keys[1].expires_at.value()), 100, 20);
}

TEST_F(PostgresDirectoryTest, AMissingTableOfSessionsIsExplained) {
  make("CREATE TABLE \"user\" (id text)");
  const auto inspected = inspect_directory(options());
  ASSERT_FALSE(inspected);
  EXPECT_EQ(inspected.error().code, Errc::unsupported);
  EXPECT_NE(inspected.error().message.find("storeSessionInDatabase"), std::string::npos);
  EXPECT_NE(inspected.error().message.find("--auth-names"), std::string::npos);
}

}  // namespace
}  // namespace canvas::auth
