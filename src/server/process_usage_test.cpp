#include "server/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <vector>

namespace canvas::server {
namespace {

TEST(ProcessUsage, CountsTheFilesThatAreOpen) {
  const Result<ProcessUsage> before = measure_process();
  ASSERT_TRUE(before);
  std::vector<int> files;
  for (int i = 0; i < 10; ++i) files.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Result<ProcessUsage> after = measure_process();
  for (const int file : files) ::close(file);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->open_fds - before->open_fds, files.size());
  EXPECT_GE(after->max_fds, after->open_fds);
}

TEST(ProcessUsage, SeesMemoryThatIsUsed) {
  const Result<ProcessUsage> before = measure_process();
  const std::vector<char> memory(64u << 20, 'x');
  const Result<ProcessUsage> after = measure_process();
  ASSERT_TRUE(before && after);
  EXPECT_GT(after->resident_bytes, before->resident_bytes + memory.size() / 2);
  EXPECT_GE(after->virtual_bytes, after->resident_bytes);
}

TEST(ProcessUsage, HasStartedInThePastAndStays) {
  const Result<ProcessUsage> first = measure_process();
  const Result<ProcessUsage> second = measure_process();
  ASSERT_TRUE(first && second);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(first->start_seconds, now);
  EXPECT_NEAR(first->start_seconds, second->start_seconds, 0.5);
  EXPECT_GE(second->cpu_seconds, first->cpu_seconds);
}

}  // namespace
}  // namespace canvas::server
