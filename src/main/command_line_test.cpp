#include "main/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace canvas {
namespace {

class ConfigFile {
public:
  explicit ConfigFile(std::string_view text) : path_(::testing::TempDir() + "canvas-ws-XXXXXX") {
    const int file = mkstemp(path_.data());
    EXPECT_EQ(write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(file);
  }
  ~ConfigFile() { unlink(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

  const char* path() const { return path_.c_str(); }

private:
  std::string path_;
};

// What `serve` would have opened, had it been let.
class CommandLine : public ::testing::Test {
protected:
  void SetUp() override {
    for (const char* name : {"DATABASE_URL", "WS_ENABLE_UPDATE_LOG", "WS_PORT", "WS_HEALTH_PORT", "WS_HOST",
                             "WS_MAX_DOCUMENT_BYTES", "LOG_LEVEL"}) {
      unsetenv(name);
    }
  }

  int run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "canvas-ws");
    opened_.reset();
    return run_command_line(
        static_cast<int>(arguments.size()), arguments.data(),
        [this](const db::Database& database,
               const store::StoreOptions& options) -> Result<std::unique_ptr<store::Store>> {
          opened_ = {database, options};
          ++opens_;
          return error_;
        });
  }

  std::chrono::seconds history() const { return opened_->second.history; }

  std::optional<std::pair<db::Database, store::StoreOptions>> opened_;
  int opens_ = 0;
  Error error_{Errc::io, "it is only a test"};
};

TEST_F(CommandLine, ServesAnSqliteFileByDefault) {
  EXPECT_EQ(run({"serve"}), 1);
  ASSERT_TRUE(opened_);
  EXPECT_EQ(opened_->first.kind, db::Database::Kind::sqlite);
  EXPECT_EQ(opened_->first.target, "canvas-ws.sqlite");
  EXPECT_EQ(history().count(), 0);
}

TEST_F(CommandLine, TakesTheDatabaseFromTheEnvironment) {
  setenv("DATABASE_URL", "sqlite:other.sqlite", 1);
  run({"serve"});
  EXPECT_EQ(opened_->first.target, "other.sqlite");
  run({"serve", "--database", "sqlite:third.sqlite"});
  EXPECT_EQ(opened_->first.target, "third.sqlite");
}

TEST_F(CommandLine, TakesWhatIsNowhereElseFromTheFile) {
  const ConfigFile file("# ours\ndatabase = \"sqlite:filed.sqlite\"\nhistory = '36h'\nport = 4001\n");
  EXPECT_EQ(run({"serve", "--config", file.path()}), 1);
  EXPECT_EQ(opened_->first.target, "filed.sqlite");
  EXPECT_EQ(history(), std::chrono::hours(36));
  setenv("DATABASE_URL", "sqlite:other.sqlite", 1);
  run({"serve", "--config", file.path(), "--history", "0"});
  EXPECT_EQ(opened_->first.target, "other.sqlite");
  EXPECT_EQ(history().count(), 0);
}

TEST_F(CommandLine, TakesFlagsAndTheSectionOfTheCommandFromTheFile) {
  const ConfigFile file(
      "allow-session-token-in-url = true\n\n[serve]\ndatabase = \"sqlite:filed.sqlite\"  # here\n");
  EXPECT_EQ(run({"serve", "--config", file.path()}), 1);
  EXPECT_EQ(opened_->first.target, "filed.sqlite");
}

TEST_F(CommandLine, RefusesAFileWithWhatItDoesNotKnow) {
  for (const char* text :
       {"prot = 4001\n", "port = \"many\"\n", "config = \"other.toml\"\n", "[doctor]\nport = 4001\n"}) {
    const ConfigFile file(text);
    EXPECT_EQ(run({"serve", "--config", file.path()}), 2) << text;
    EXPECT_FALSE(opened_) << text;
  }
  EXPECT_EQ(run({"serve", "--config", "/nowhere/canvas-ws.toml"}), 2);
}

TEST_F(CommandLine, NeverLetsGuestsIntoPostgresUnasked) {
  setenv("DATABASE_URL", "postgres://canvas@127.0.0.1:1/canvas", 1);
  EXPECT_EQ(run({"serve"}), 2);
  EXPECT_FALSE(opened_);
  EXPECT_EQ(run({"serve", "--auth", "guest"}), 1);
  EXPECT_EQ(opened_->first.kind, db::Database::Kind::postgres);
}

TEST_F(CommandLine, KeepsHistoryForAsLongAsItIsTold) {
  run({"serve", "--history", "36h"});
  EXPECT_EQ(history(), std::chrono::hours(36));
  EXPECT_EQ(run({"serve", "--history", "long"}), 2);
}

TEST_F(CommandLine, KeepsHistoryWhereTheUpdateLogWasEnabled) {
  for (const char* yes : {"true", "1", "yes", "on", "TRUE"}) {
    setenv("WS_ENABLE_UPDATE_LOG", yes, 1);
    run({"serve"});
    EXPECT_EQ(history(), std::chrono::days(7)) << yes;
  }
  for (const char* no : {"false", "0", "no", "off", ""}) {
    setenv("WS_ENABLE_UPDATE_LOG", no, 1);
    run({"serve"});
    EXPECT_EQ(history().count(), 0) << no;
  }
  setenv("WS_ENABLE_UPDATE_LOG", "maybe", 1);
  EXPECT_EQ(run({"serve"}), 2);
}

TEST_F(CommandLine, PrefersHistoryAsTypedToTheEnvironment) {
  setenv("WS_ENABLE_UPDATE_LOG", "true", 1);
  run({"serve", "--history", "0"});
  EXPECT_EQ(history().count(), 0);
  setenv("WS_ENABLE_UPDATE_LOG", "maybe", 1);
  run({"serve", "--history", "30m"});
  EXPECT_EQ(history(), std::chrono::minutes(30));
}

TEST_F(CommandLine, DoesNotWaitForAFileThatSomebodyElseServes) {
  error_ = {Errc::unavailable, "another process serves it"};
  EXPECT_EQ(run({"serve"}), 1);
  EXPECT_EQ(opens_, 1);
}

TEST_F(CommandLine, DoesNotWaitForADatabaseThatRefuses) {
  for (const Errc code : {Errc::unsupported, Errc::forbidden, Errc::io}) {
    error_.code = code;
    opens_ = 0;
    EXPECT_EQ(run({"serve", "--auth", "guest", "--database", "host=127.0.0.1 dbname=canvas"}), 1);
    EXPECT_EQ(opens_, 1);
  }
}

TEST_F(CommandLine, EndsWithTwoWhenItMakesNoSense) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"fly"}), 2);
  EXPECT_EQ(run({"document"}), 2);
  EXPECT_EQ(run({"serve", "--auth", "anybody"}), 2);
  EXPECT_EQ(run({"serve", "--database", "mysql://localhost"}), 2);
  EXPECT_EQ(run({"serve", "--port", "65536"}), 2);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_EQ(run({"--version"}), 0);
}

}  // namespace
}  // namespace canvas
