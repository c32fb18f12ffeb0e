#include "log/log.h"

#include <gtest/gtest.h>

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

TEST(Log, NamesTheLevelsThatItTakes) {
  EXPECT_EQ(log::parse_level("warn").value(), log::Level::warning);
  const auto unknown = log::parse_level("chatty");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::invalid_use);
}

}  // namespace
}  // namespace canvas
