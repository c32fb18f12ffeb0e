// Listener, HTTP and WebSocket together, over real sockets: what a client can do to them. The client here
// writes its frames by hand.
#include <gtest/gtest.h>

#include <thread>

#include "fixtures/echo_application.h"
#include "fixtures/raw_client.h"
#include "net/listener.h"

namespace canvas::net {
namespace {

using std::chrono::seconds;

class ConnectionTest : public ::testing::Test {
protected:
  void start() {
    auto listener = Listener::open(shard_, options_, application_);
    ASSERT_TRUE(listener) << listener.error().message;
    listener_ = std::move(*listener);
    port_ = listener_->port();
    thread_ = std::thread([this] { shard_.run(); });
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    shard_.post([this] { listener_.reset(); });
    shard_.stop();
    thread_.join();
    listener_.reset();
  }
  // Waits for what the shard's thread is about to do.
  template <class Condition>
  bool comes_true(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  }

  ListenerOptions options_{"127.0.0.1", 0, {}, {}};
  EchoApplication application_;
  Shard shard_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(ConnectionTest, AnswersRequestsOneAfterTheOtherOnOneConnection) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    client.write("GET /a?b=c HTTP/1.1\r\nHost: x\r\nx-test: yes\r\n\r\n");
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(client.read_until("yes"), "GET /a ?b=c yes");
  }
}

TEST_F(ConnectionTest, WhatComesInAPauseIsTakenAfterIt) {
  options_.websocket.idle_timeout = seconds(1);
  start();
  RawClient client(port_);
  client.upgrade();
  const auto before = std::chrono::steady_clock::now();
  client.message("pause 2500");
  client.message("echo 1");
  client.message("echo 2");
  EXPECT_EQ(client.read(6), std::string("\x82\x01"
                                        "1"
                                        "\x82\x01"
                                        "2"));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(2500));
}

TEST_F(ConnectionTest, IsClosedInAPauseAsAtAnyTime) {
  start();
  RawClient client(port_);
  client.upgrade();
  client.message("close in a pause");
  EXPECT_EQ(client.read_close(), 1013);
  client.write(RawClient::frame(0x88, "\x03\xf5"));
  bool ended = false;
  client.read_to_end(ended);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

TEST_F(ConnectionTest, RefusesWhatIsNotARequestItTakes) {
  start();
  const auto answer_to = [this](const std::string& bytes) {
    RawClient client(port_);
    client.write(bytes);
    bool ended = false;
    const std::string answer = client.read_to_end(ended);
    EXPECT_TRUE(ended) << bytes.substr(0, 40);
    return answer.substr(0, 12);
  };
  EXPECT_EQ(answer_to("complete garbage\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer_to(std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + "\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(answer_to("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), "HTTP/1.1 413");
  EXPECT_EQ(answer_to("GET /no HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"),
            "HTTP/1.1 403");
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: \r\nSec-WebSocket-Version: 13\r\n\r\n"),
            "HTTP/1.1 400");
  // A frame before the answer to the handshake.
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
                      RawClient::frame(0x82, "echo x")),
            "HTTP/1.1 400");
}

TEST_F(ConnectionTest, DropsWhoNeverFinishesARequest) {
  options_.http.request_timeout = seconds(1);
  start();
  RawClient client(port_);
  client.write("GET / HT");
  bool ended = false;
  client.read_to_end(ended);
  EXPECT_TRUE(ended);
}

TEST_F(ConnectionTest, EchoesMessagesWholeAndInFragments) {
  start();
  RawClient client(port_);
  client.upgrade();
  client.message("echo hello");
  EXPECT_EQ(client.read(7), "\x82\x05hello");
  client.write(RawClient::frame(0x02, "echo frag") + RawClient::frame(0x89, "ping") +
               RawClient::frame(0x80, "ments"));
  EXPECT_EQ(client.read(6), "\x8a\x04ping");
  EXPECT_EQ(client.read(11),
            "\x82\x09"
            "fragments");
}

TEST_F(ConnectionTest, AnswersTheOfferOfASubprotocol) {
  start();
  RawClient client(port_);
  client.write(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: "
      "one, two\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("Sec-WebSocket-Protocol: one\r\n"), std::string::npos);
}

TEST_F(ConnectionTest, ClosesOnEveryBreachOfTheWebSocketProtocol) {
  options_.websocket.max_message_bytes = 1000;
  start();
  const auto close_code_for = [this](const std::string& bytes) {
    RawClient client(port_);
    client.upgrade();
    client.write(bytes);
    return client.read_close();
  };
  EXPECT_EQ(close_code_for(RawClient::frame(0x81, "text")), 1003);
  EXPECT_EQ(close_code_for(RawClient::frame(0x81, "\xff\xfe")), 1007);
  EXPECT_EQ(close_code_for(RawClient::frame(0xc2, "x")), 1002);  // a reserved bit: no extension was agreed on
  EXPECT_EQ(close_code_for(RawClient::frame(0x83, "x")), 1002);  // a reserved opcode
  EXPECT_EQ(close_code_for(RawClient::frame(0x80, "x")), 1002);  // a continuation of nothing
  EXPECT_EQ(close_code_for(RawClient::frame(0x09, "x")), 1002);  // a ping in fragments
  EXPECT_EQ(close_code_for(RawClient::frame(0x89, std::string(126, 'x'))), 1002);
  EXPECT_EQ(close_code_for("\x82\x01x"), 1002);  // not masked
  EXPECT_EQ(close_code_for(std::string("\x82\xfe\x00\x01\0\0\0\0x", 9)),
            1002);  // a length in more bytes than it needs
  EXPECT_EQ(close_code_for(RawClient::frame(0x02, "x") + RawClient::frame(0x82, "x")), 1002);
  EXPECT_EQ(close_code_for(RawClient::frame(0x82, std::string(1001, 'x'))), 1009);
  EXPECT_EQ(close_code_for(RawClient::frame(0x02, std::string(600, 'x')) +
                           RawClient::frame(0x80, std::string(600, 'x'))),
            1009);
  EXPECT_EQ(close_code_for(RawClient::frame(0x88, "\x03\xe8")), 1000);
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

// Fixed in Beast after the version that Debian has: lengths that are negative as a signed number.
TEST_F(ConnectionTest, RefusesLengthsWithTheHighBitSet) {
  start();
  for (const char* length :
       {"\x80\0\0\0\0\0\0\0", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x80\0\0\0\0\0\0\x10"}) {
    RawClient client(port_);
    client.upgrade();
    client.write(std::string("\x82\xff", 2) + std::string(length, 8) + std::string("\0\0\0\0payload", 11));
    EXPECT_EQ(client.read_close(), 1009);
    // And as a continuation, where sizes are added up.
    RawClient fragments(port_);
    fragments.upgrade();
    fragments.write(RawClient::frame(0x02, "begin") + std::string("\x80\xff", 2) + std::string(length, 8) +
                    std::string("\0\0\0\0payload", 11));
    EXPECT_EQ(fragments.read_close(), 1009);
  }
}

// Fixed in Beast later as well: a count that went below zero when a write was taken in part. Here every write
// is taken in part, ours and Beast's.
TEST_F(ConnectionTest, SendsLargeMessagesAndPongsThroughASocketThatTakesThemInPieces) {
  start();
  RawClient client(port_);
  client.upgrade();
  client.message("send 3000000");
  client.write(RawClient::frame(0x89, "now"));
  client.message("echo after");
  EXPECT_EQ(client.read(10), std::string("\x82\x7f\0\0\0\0\0\x2d\xc6\xc0", 10));
  EXPECT_EQ(client.read(3'000'000), std::string(3'000'000, 'x'));
  std::string rest = client.read(5 + 7);
  EXPECT_NE(rest.find("\x8a\x03now"), std::string::npos);
  EXPECT_NE(rest.find("\x82\x05"
                      "after"),
            std::string::npos);
}

TEST_F(ConnectionTest, StopsReadingFromWhoDoesNotRead) {
  options_.websocket.max_backlog_bytes = 1 << 20;
  start();
  RawClient client(port_);
  client.upgrade();
  // Each request of 10 bytes asks for a megabyte. They are not all answered before the first answers are
  // taken.
  constexpr std::size_t limit = 64u << 20;
  EXPECT_LT(client.write_until_blocked(RawClient::frame(0x82, "send 1000000"), limit), limit);
  client.read(1'000'010);
  EXPECT_EQ(client.read(10).substr(0, 2), "\x82\x7f");
}

TEST_F(ConnectionTest, PongsForSomeoneWhoOnlyPingsDoNotPileUp) {
  start();
  RawClient client(port_);
  client.upgrade();
  const std::string pings = [] {
    std::string many;
    for (int i = 0; i < 500; ++i) many += RawClient::frame(0x89, std::string(120, 'p'));
    return many;
  }();
  constexpr std::size_t limit = 256u << 20;
  EXPECT_LT(client.write_until_blocked(pings, limit), limit);
}

TEST_F(ConnectionTest, ClosesWithCodeAndReasonAndWaitsForTheAnswer) {
  start();
  RawClient client(port_);
  client.upgrade();
  client.message("close");
  client.message("echo is not heard any more");
  EXPECT_EQ(client.read(2 + 13), std::string("\x88\x0d\x03\xf5", 4) + "as you wish");
  EXPECT_EQ(application_.open, 1);
  client.write(RawClient::frame(0x88, "\x03\xf5"));
  bool ended = false;
  EXPECT_EQ(client.read_to_end(ended), "");
  EXPECT_TRUE(ended);
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

TEST_F(ConnectionTest, DoesNotWaitForEverForTheAnswerToAClose) {
  options_.websocket.close_timeout = seconds(1);
  start();
  RawClient client(port_);
  client.upgrade();
  client.message("close");
  EXPECT_EQ(client.read_close(), 1013);
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

TEST_F(ConnectionTest, PingsAndDropsWhoIsSilent) {
  options_.websocket.ping_interval = seconds(1);
  options_.websocket.idle_timeout = seconds(3);
  start();
  RawClient silent(port_);
  RawClient alive(port_);
  silent.upgrade();
  alive.upgrade();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(alive.read(2), std::string("\x89\0", 2));
    alive.write(RawClient::frame(0x8a, ""));
  }
  bool ended = false;
  silent.read_to_end(ended);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(comes_true([&] { return application_.open == 1; }));
  alive.message("echo still here");
  while (alive.read(1) != "\x82") alive.read(1);
  EXPECT_EQ(alive.read(11),
            "\x0a"
            "still here");
}

TEST_F(ConnectionTest, LearnsThatAConnectionIsGone) {
  start();
  {
    RawClient client(port_);
    client.upgrade();
    EXPECT_TRUE(comes_true([&] { return application_.open == 1; }));
  }
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

// The answer to the close frame cannot be sent any more: the connection must come to its end all the same.
TEST_F(ConnectionTest, LearnsThatAConnectionIsGoneInTheMiddleOfItsClosing) {
  start();
  for (int i = 0; i < 300; ++i) {
    RawClient client(port_);
    client.upgrade();
    client.write(RawClient::frame(0x88, "\x03\xe8"));
    client.reset();
  }
  EXPECT_TRUE(comes_true([&] { return application_.open == 0; }));
}

TEST_F(ConnectionTest, SaysWhyAPortCannotBeHad) {
  start();
  options_.port = port_;
  const auto second = Listener::open(shard_, options_, application_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(port_)), std::string::npos);
}

}  // namespace
}  // namespace canvas::net
