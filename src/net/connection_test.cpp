// Listener, HTTP and WebSocket together, over real sockets: what a client can do to them. The client here
// writes its frames by hand.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/listener.h"

namespace canvas::net {
namespace {

using std::chrono::seconds;

// Answers a message with what is asked for: "echo X", "send N" (a message of N bytes), "close", "pause".
class Echo final : public WebSocketHandler {
public:
  explicit Echo(std::atomic<int>& open) : open_(open) {}
  void on_open(WebSocket& socket) override {
    ++open_;
    socket_ = &socket;
  }
  void on_message(BytesView message) override {
    const std::string text(as_text(message));
    if (text.starts_with("echo ")) return send(text.substr(5));
    if (text.starts_with("send ")) return send(std::string(std::stoul(text.substr(5)), 'x'));
    if (text.starts_with("pause ")) {
      for (const int part : {1, 2}) {
        socket_->pause_reading(std::chrono::milliseconds(std::stol(text.substr(6)) * part / 2));
      }
      return;
    }
    if (text == "close in a pause") {
      socket_->pause_reading(std::chrono::hours(1));
      return socket_->close(CloseCode::try_again_later, "as you wish");
    }
    if (text == "close") return socket_->close(CloseCode::try_again_later, "as you wish");
    send(std::to_string(text.size()));
  }
  void on_too_big() override {}
  void on_drained() override {}
  void on_tick(Time) override {}
  void on_closed() override { --open_; }

private:
  void send(const std::string& payload) {
    Bytes frame{0x82};
    if (payload.size() < 126) {
      frame.push_back(static_cast<std::uint8_t>(payload.size()));
    } else {
      frame.push_back(127);
      for (int i = 7; i >= 0; --i) frame.push_back(static_cast<std::uint8_t>(payload.size() >> (8 * i)));
    }
    frame.insert(frame.end(), payload.begin(), payload.end());
    socket_->send(std::make_shared<const Bytes>(std::move(frame)));
  }

  std::atomic<int>& open_;
  WebSocket* socket_ = nullptr;
};

class EchoApplication final : public HttpApplication {
public:
  HttpResponse on_request(const HttpRequest& request) override {
    return {200, "text/plain",
            request.method + " " + request.path + " ?" + request.query + " " +
                std::string(request.header("X-TEST"))};
  }
  void on_upgrade(const HttpRequest& request, std::function<void(UpgradeDecision)> decide) override {
    if (request.path == "/no") return decide(HttpResponse{403, "text/plain", "no"});
    decide(std::make_shared<Echo>(open));
  }
  std::atomic<int> open = 0;
};

// A client that writes bytes and reads what comes.
class RawClient {
public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // The destructor will cut the connection off (RST).
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // Writes `bytes` again and again until the socket has taken nothing for 200 ms, or `limit` bytes. Gives how
  // many it took.
  std::size_t write_until_blocked(std::string_view bytes, std::size_t limit) {
    std::size_t total = 0;
    for (int quiet = 0; quiet < 20 && total < limit;) {
      const std::string_view rest = bytes.substr(total % bytes.size());
      const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) {
        total += static_cast<std::size_t>(count);
        quiet = 0;
      } else {
        ++quiet;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    return total;
  }

  // Reads until there are `count` bytes, or the end, or nothing came for 10 s.
  std::string read(std::size_t count) {
    while (buffered_.size() < count && read_some()) {
    }
    std::string result = buffered_.substr(0, count);
    buffered_.erase(0, count);
    return result;
  }
  std::string read_until(std::string_view mark) {
    while (buffered_.find(mark) == std::string::npos && read_some()) {
    }
    const std::size_t end = std::min(buffered_.find(mark), buffered_.size()) + mark.size();
    std::string result = buffered_.substr(0, end);
    buffered_.erase(0, end);
    return result;
  }
  // All up to the end of the connection; `ended` says whether that came.
  std::string read_to_end(bool& ended) {
    while (read_some()) {
    }
    ended = at_end_;
    return std::exchange(buffered_, {});
  }

  void upgrade(std::string_view path = "/") {
    write("GET " + std::string(path) +
          " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_TRUE(read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
  }
  // A frame with the mask 0.
  static std::string frame(unsigned char first, std::string_view payload) {
    std::string out(1, static_cast<char>(first));
    if (payload.size() < 126) {
      out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 0x10000) {
      out += '\xfe';
      out += static_cast<char>(payload.size() >> 8);
      out += static_cast<char>(payload.size());
    } else {
      out += '\xff';
      for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i));
    }
    return out.append(4, '\0').append(payload);
  }
  void message(std::string_view payload) { write(frame(0x82, payload)); }
  // The close code of the next frame, which must be a close frame.
  int read_close() {
    const std::string head = read(2);
    if (head.size() < 2 || head[0] != '\x88') return -1;
    const std::string payload = read(static_cast<unsigned char>(head[1]));
    return payload.size() < 2
               ? 0
               : (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
  }

private:
  bool read_some() {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) <= 0) return false;
    char part[65536];
    const ssize_t count = ::recv(socket_, part, sizeof part, 0);
    at_end_ = count <= 0;
    if (count > 0) buffered_.append(part, static_cast<std::size_t>(count));
    return count > 0;
  }

  const int socket_;
  std::string buffered_;
  bool at_end_ = false;
};

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
