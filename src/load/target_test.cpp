#include "load/target.h"

#include <gtest/gtest.h>

#include "load/server_probe.h"

namespace canvas::load {
namespace {

TEST(Target, HasTheUsualPorts) {
  const Result<Target> plain = parse_target("ws://example.com");
  const Result<Target> encrypted = parse_target("wss://example.com/ws/");
  ASSERT_TRUE(plain);
  ASSERT_TRUE(encrypted);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->path, "");
  EXPECT_EQ(encrypted->port, 443);
  EXPECT_EQ(encrypted->path, "/ws");
  EXPECT_EQ(encrypted->authority(), "example.com");
}

TEST(Target, MayBeAnAddressWithAPort) {
  const Result<Target> target = parse_target("ws://[::1]:3001/a/b");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "::1");
  EXPECT_EQ(target->port, 3001);
  EXPECT_EQ(target->authority(), "[::1]:3001");
}

TEST(Target, RefusesWhatIsNoServer) {
  for (const char* const url : {"", "http://a", "ws://", "ws://a:0", "ws://a:70000", "ws://a:1x", "ws://[::1",
                                "ws://[::1]x", "ws://a b"}) {
    const Result<Target> target = parse_target(url);
    ASSERT_FALSE(target) << url;
    EXPECT_EQ(target.error().code, Errc::invalid_use) << url;
  }
}

TEST(Target, RefusesCredentialsAndDoesNotRepeatThem) {
  for (const char* const url : {"ws://user:hush@a", "ws://a/ws?token=hush"}) {
    const Result<Target> target = parse_target(url);
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().message.find("hush"), std::string::npos);
  }
}

TEST(ServerProbe, ReadsWhatAPageOfMetricsSaysOfItsProcess) {
  const Result<ProcessUsage> usage = usage_in(
      "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1.5e+07\r\n"
      "process_cpu_seconds_total 2.5\nprocess_open_fds 17\n");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->resident_bytes, 15'000'000u);
  EXPECT_EQ(usage->cpu_seconds(), 2.5);
  EXPECT_EQ(usage->open_files, 17u);
}

TEST(ServerProbe, SaysThatAPageHasNoMemory) {
  const Result<ProcessUsage> usage = usage_in("process_resident_memory_bytes_total 1\n");
  ASSERT_FALSE(usage);
  EXPECT_EQ(usage.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace canvas::load
