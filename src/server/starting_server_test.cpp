// What is said while the server waits for its database, over real sockets.
#include "server/starting_server.h"

#include <gmock/gmock.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace canvas::server {
namespace {

using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The whole answer, to the end of the connection.
std::string get(std::uint16_t port, const std::string& path) {
  boost::asio::io_context context;
  tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  boost::asio::write(socket, boost::asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  std::string answer;
  boost::system::error_code error;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
  return answer;
}

TEST(StartingServer, IsAliveButNeitherHealthyNorReady) {
  const auto server = StartingServer::open("127.0.0.1", 0);
  ASSERT_TRUE(server);
  EXPECT_THAT(get((*server)->port(), "/livez"), StartsWith("HTTP/1.1 200"));
  const std::string ready = get((*server)->port(), "/readyz");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ready, HasSubstr("waits for the database"));
  const std::string health = get((*server)->port(), "/health");
  EXPECT_THAT(health, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(health, HasSubstr("\"status\":\"unhealthy\""));
  EXPECT_THAT(get((*server)->port(), "/metrics"), StartsWith("HTTP/1.1 503"));
}

TEST(StartingServer, ThePortIsFreeWhenItHasGone) {
  auto first = StartingServer::open("127.0.0.1", 0);
  ASSERT_TRUE(first);
  const std::uint16_t port = (*first)->port();
  // A connection that stays open, and one that is closed by the server and waits in the system.
  boost::asio::io_context context;
  tcp::socket open(context);
  open.connect({boost::asio::ip::address_v4::loopback(), port});
  get(port, "/livez");
  first->reset();
  const auto second = StartingServer::open("127.0.0.1", port);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_THAT(get(port, "/livez"), StartsWith("HTTP/1.1 200"));
}

TEST(StartingServer, SaysWhichPortItCannotHave) {
  const auto first = StartingServer::open("127.0.0.1", 0);
  ASSERT_TRUE(first);
  const auto second = StartingServer::open("127.0.0.1", (*first)->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::io);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string((*first)->port())));
}

}  // namespace
}  // namespace canvas::server
