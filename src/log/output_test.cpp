#include "log/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace canvas::log {
namespace {

class OutputTest : public ::testing::Test {
protected:
  OutputTest() {
    std::string pattern = ::testing::TempDir() + "canvas-ws-log-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~OutputTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return folder_ / name; }
  static std::string content(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(OutputTest, AddsToWhatIsThere) {
  std::ofstream(path("log")) << "old\n";
  Output output = Output::open(path("log")).value();
  EXPECT_TRUE(output.write("new\n"));
  EXPECT_EQ(content(path("log")), "old\nnew\n");
}

TEST_F(OutputTest, IsNotForTheWorldToRead) {
  Output output = Output::open(path("log")).value();
  EXPECT_EQ(std::filesystem::status(path("log")).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  EXPECT_FALSE(output.is_terminal());
}

TEST_F(OutputTest, GivesUpOnAReaderThatDoesNotReadAndGoesOnWhenItDoes) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  Output output = Output::open(path("pipe")).value();
  const std::string line = std::string(9999, 'x') + "\n";
  std::size_t taken = 0;
  while (output.write(line)) ++taken;
  EXPECT_GE(taken, 4u);  // a pipe holds 64 KiB
  EXPECT_FALSE(output.write(line));
  std::string content(1 << 20, '\0');
  content.resize(static_cast<std::size_t>(::read(reader, content.data(), content.size())));
  EXPECT_TRUE(output.write("last\n"));
  std::string last(100, '\0');
  last.resize(static_cast<std::size_t>(::read(reader, last.data(), last.size())));
  EXPECT_EQ(last, "\nlast\n");
  ::close(reader);
}

TEST_F(OutputTest, SaysWhichFileCannotBeOpenedAndWhy) {
  const auto output = Output::open(path("missing/log"));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Errc::io);
  EXPECT_NE(output.error().message.find("missing/log': No such file or directory"), std::string::npos);
}

TEST_F(OutputTest, DoesNotWaitForTheReaderOfAPipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(Output::open(path("pipe")));
}

TEST_F(OutputTest, FollowsTheFileThatIsRenamed) {
  Output output = Output::open(path("log")).value();
  std::filesystem::rename(path("log"), path("log.1"));
  EXPECT_TRUE(output.write("before\n"));
  output = Output::open(path("log")).value();
  EXPECT_TRUE(output.write("after\n"));
  EXPECT_EQ(content(path("log.1")), "before\n");
  EXPECT_EQ(content(path("log")), "after\n");
}

TEST_F(OutputTest, SaysWhenALineIsLost) {
  Output output = Output::open("/dev/full").value();
  EXPECT_FALSE(output.write("line\n"));
}

}  // namespace
}  // namespace canvas::log
