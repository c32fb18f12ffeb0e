// Sockets that are passed as systemd does it, and what its socket for notifications receives.
#include "server/service_manager.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace canvas::server {
namespace {

using ::testing::HasSubstr;

class ServiceManagerTest : public ::testing::Test {
protected:
  void TearDown() override {
    for (const char* name :
         {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}) {
      ::unsetenv(name);
    }
  }

  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

  // Announces `count` descriptors, all of them open.
  static void pass(int count, const char* names = nullptr) {
    const std::string pid = std::to_string(::getpid());
    while (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 2 + count) {
    }
    set("LISTEN_PID", pid);
    set("LISTEN_FDS", std::to_string(count));
    if (names != nullptr) set("LISTEN_FDNAMES", names);
  }
};

// Where a service manager listens.
class NotifySocket {
public:
  NotifySocket()
      : path_(std::filesystem::temp_directory_path() / ("canvas-ws-notify-" + std::to_string(::getpid()))),
        descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    const int bound = ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    EXPECT_EQ(bound, 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~NotifySocket() {
    ::close(descriptor_);
    std::filesystem::remove(path_);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // The next message; empty: there is none.
  std::string next() {
    std::array<char, 256> buffer{};
    const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

private:
  const std::filesystem::path path_;
  const int descriptor_;
};

TEST_F(ServiceManagerTest, WithoutOneNoSocketIsPassed) {
  const auto sockets = take_passed_sockets();
  EXPECT_FALSE(sockets.value().main);
  EXPECT_FALSE(sockets.value().health);
}

TEST_F(ServiceManagerTest, SocketsAreToldApartByTheirNames) {
  pass(2, "health:main");
  const auto sockets = take_passed_sockets();
  EXPECT_EQ(sockets.value().main, 4);
  EXPECT_EQ(sockets.value().health, 3);
}

TEST_F(ServiceManagerTest, WithoutNamesTheFirstIsMain) {
  pass(2);
  const auto sockets = take_passed_sockets();
  EXPECT_EQ(sockets.value().main, 3);
  EXPECT_EQ(sockets.value().health, 4);
}

TEST_F(ServiceManagerTest, OneNamedHealthLeavesMainToTheOptions) {
  pass(1, "health");
  const auto sockets = take_passed_sockets();
  EXPECT_FALSE(sockets.value().main);
  EXPECT_EQ(sockets.value().health, 3);
}

TEST_F(ServiceManagerTest, AnotherNameIsRefused) {
  pass(1, "canvas-ws.socket");
  const auto sockets = take_passed_sockets();
  EXPECT_EQ(sockets.error().code, Errc::invalid_use);
  EXPECT_THAT(sockets.error().message, HasSubstr("\"canvas-ws.socket\""));
}

TEST_F(ServiceManagerTest, TwoOfOneNameAreRefused) {
  pass(2, "main:main");
  EXPECT_EQ(take_passed_sockets().error().code, Errc::invalid_use);
}

TEST_F(ServiceManagerTest, ThreeAreRefused) {
  pass(3, "main:health:main");
  EXPECT_EQ(take_passed_sockets().error().code, Errc::invalid_use);
}

TEST_F(ServiceManagerTest, SocketsForAnotherProcessAreNotTaken) {
  pass(1, "main");
  set("LISTEN_PID", std::to_string(::getppid()));
  EXPECT_FALSE(take_passed_sockets().value().main);
}

TEST_F(ServiceManagerTest, SocketsAreTakenOnce) {
  pass(1, "main");
  EXPECT_TRUE(take_passed_sockets().value().main);
  EXPECT_FALSE(take_passed_sockets().value().main);
}

TEST_F(ServiceManagerTest, IsToldWhatHappens) {
  NotifySocket socket;
  tell_ready();
  EXPECT_EQ(socket.next(), "READY=1");
  tell_status("3 connections");
  EXPECT_EQ(socket.next(), "STATUS=3 connections");
  tell_alive();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  tell_stopping();
  EXPECT_EQ(socket.next(), "STOPPING=1");
  EXPECT_EQ(socket.next(), "");
}

TEST_F(ServiceManagerTest, IsToldTwiceAsOftenAsItsWatchdogAsks) {
  set("WATCHDOG_USEC", "30000000");
  EXPECT_EQ(alive_interval(), std::chrono::seconds(15));
  set("WATCHDOG_PID", std::to_string(::getppid()));
  EXPECT_EQ(alive_interval(), std::nullopt);
}

}  // namespace
}  // namespace canvas::server
