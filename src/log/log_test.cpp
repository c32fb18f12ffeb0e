#include "log/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace canvas {
namespace {

TEST(Log, WritesOneJsonObjectALine) {
  ::testing::internal::CaptureStdout();
  log::info("room.loaded", {{"room", "a\"b\n"}, {"rows", 3u}, {"delta", -1}, {"cached", true}, {"ms", 1.5}});
  const std::string line = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(
      line.find(
          R"("level":"info","event":"room.loaded","room":"a\"b\u000a","rows":3,"delta":-1,"cached":true,"ms":1.5)"),
      std::string::npos)
      << line;
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, DropsWhatIsBelowTheLevel) {
  log::set_level(log::Level::warning);
  ::testing::internal::CaptureStdout();
  log::info("quiet");
  log::warning("loud");
  const std::string lines = ::testing::internal::GetCapturedStdout();
  log::set_level(log::Level::info);
  EXPECT_EQ(lines.find("quiet"), std::string::npos);
  EXPECT_NE(lines.find("loud"), std::string::npos);
}

TEST(Log, MarksWhatConcernsSecurity) {
  log::set_level(log::Level::error);
  ::testing::internal::CaptureStdout();
  log::security(log::Level::info, "document.damaged", {{"document", "plan"}});
  const std::string line = ::testing::internal::GetCapturedStdout();
  log::set_level(log::Level::info);
  EXPECT_NE(line.find(R"("kind":"security","event":"document.damaged","document":"plan")"), std::string::npos)
      << line;
}

TEST(Log, SamplesWhatComesAgainAndAgainButNotForDebug) {
  log::set_rate("room.read_only", {0.001, 3});
  log::set_level(log::Level::debug);
  ::testing::internal::CaptureStdout();
  for (int i = 0; i < 100; ++i) log::warning("room.read_only");
  for (int i = 0; i < 100; ++i) log::debug("client.connected");
  log::tell_suppressed();
  const std::string lines = ::testing::internal::GetCapturedStdout();
  log::set_level(log::Level::info);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 103);
  ::testing::internal::CaptureStdout();
  log::tell_all_suppressed();
  EXPECT_NE(::testing::internal::GetCapturedStdout().find(
                R"("level":"warning","event":"room.read_only","suppressed":97})"),
            std::string::npos);
}

TEST(Log, WritesForPeopleWhenAsked) {
  ASSERT_TRUE(log::open({.format = log::Format::text}));
  ::testing::internal::CaptureStdout();
  log::info("room.loaded", {{"room", "plan"}});
  const std::string line = ::testing::internal::GetCapturedStdout();
  ASSERT_TRUE(log::open({}));
  EXPECT_NE(line.find(" INFO  room.loaded  room=plan\n"), std::string::npos) << line;
}

TEST(Log, SaysHowManyLinesADiskDidNotTake) {
  const int kept = ::dup(STDOUT_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  ::dup2(full, STDOUT_FILENO);
  log::info("room.loaded");
  log::info("room.loaded");
  ::dup2(kept, STDOUT_FILENO);
  ::close(full);
  ::close(kept);
  ::testing::internal::CaptureStdout();
  log::info("room.loaded");
  const std::string lines = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(lines.find(R"("level":"error","event":"log.lines_lost","lines":2})"), std::string::npos) << lines;
}

TEST(Log, GoesOnIntoTheOldFileWhenThereIsNoNewOne) {
  std::string pattern = ::testing::TempDir() + "canvas-ws-log-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  ASSERT_TRUE(log::open({.file = folder / "log"}));
  std::filesystem::rename(folder / "log", folder / "log.1");
  std::filesystem::create_directory(folder / "log");
  log::reopen();
  log::info("room.loaded");
  ASSERT_TRUE(log::open({}));
  std::ifstream in(folder / "log.1");
  const std::string lines{std::istreambuf_iterator<char>(in), {}};
  std::filesystem::remove_all(folder);
  EXPECT_NE(lines.find(R"("event":"log.reopen_failed")"), std::string::npos) << lines;
  EXPECT_NE(lines.find(R"("event":"room.loaded")"), std::string::npos) << lines;
}

TEST(Log, RefusesAFileThatCannotBeOpened) {
  const auto opened = log::open({.file = "/dev/null/log"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::io);
}

TEST(Log, NamesTheLevelsThatItTakes) {
  EXPECT_EQ(log::parse_level("warn").value(), log::Level::warning);
  const auto unknown = log::parse_level("chatty");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::invalid_use);
}

}  // namespace
}  // namespace canvas
