// How a listener takes and leaves its port, and what it does about those who only hold connections.
#include "net/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

namespace canvas::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class SilentHandler final : public WebSocketHandler {
public:
  void on_open(WebSocket&) override {}
  void on_message(BytesView) override {}
  void on_too_big() override {}
  void on_drained() override {}
  void on_tick(Time) override {}
  void on_closed() override {}
};

class SmallApplication final : public HttpApplication {
public:
  explicit SmallApplication(unsigned status = 200) : status_(status) {}
  HttpResponse on_request(const HttpRequest&) override { return {status_, "text/plain", "x"}; }
  void on_upgrade(const HttpRequest&, std::function<void(UpgradeDecision)> decide) override {
    decide(std::make_shared<SilentHandler>());
  }

private:
  const unsigned status_;
};

// A client that asks and waits for the answer.
class Visitor {
public:
  Visitor(std::uint16_t port, const char* from) : socket_(context_, tcp::v4()) {
    socket_.bind({boost::asio::ip::make_address(from), 0});
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  // The answer's headers; empty when there is no answer.
  std::string get(std::string_view more_headers = {}) {
    ask(more_headers);
    return hear();
  }
  void ask(std::string_view more_headers = {}) {
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(more_headers) + "\r\n";
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(request), ignored);
  }
  // Until the other end's kernel has what was asked: the connection is in its queue then.
  void wait_until_queued() {
    int unacknowledged = 1;
    while (unacknowledged > 0) ASSERT_EQ(::ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged), 0);
  }
  std::string hear() {
    boost::system::error_code error;
    std::string answer;
    while (!error && answer.find("\r\n\r\n") == std::string::npos) {
      char part[1024];
      answer.append(part, socket_.read_some(boost::asio::buffer(part), error));
    }
    return answer;
  }
  std::string upgrade() {
    return get(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n");
  }

private:
  boost::asio::io_context context_;
  tcp::socket socket_;
};

class ListenerTest : public ::testing::Test {
protected:
  void start() {
    auto listener = Listener::open(shard_, options_, application_);
    ASSERT_TRUE(listener) << listener.error().message;
    listener_ = std::move(*listener);
    thread_ = std::thread([this] { shard_.run(); });
  }
  void TearDown() override {
    shard_.post([this] { listener_.reset(); });
    shard_.stop();
    thread_.join();
    listener_.reset();
  }

  std::unique_ptr<Visitor> visit(const char* from = "127.0.0.1") {
    return std::make_unique<Visitor>(listener_->port(), from);
  }
  // Whether one who comes is answered, soon.
  bool is_let_in() {
    for (int i = 0; i < 200; ++i) {
      if (!visit()->get().empty()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
  std::uint64_t dropped() {
    std::promise<std::uint64_t> answer;
    shard_.post([&] { answer.set_value(listener_->dropped()); });
    return answer.get_future().get();
  }

  ListenerOptions options_{"127.0.0.1", 0, {.max_idle_per_address = 2}, {}};
  SmallApplication application_;
  Shard shard_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

TEST_F(ListenerTest, DropsWhoHoldsTooManyConnections) {
  start();
  const auto first = visit();
  const auto second = visit();
  EXPECT_EQ(visit()->get(), "");
  EXPECT_EQ(dropped(), 1u);
  EXPECT_NE(first->get(), "");
  EXPECT_NE(second->get(), "");
  EXPECT_NE(visit("127.0.0.2")->get(), "");
}

TEST_F(ListenerTest, AConnectionThatEndsGivesItsPlaceBack) {
  start();
  auto first = visit();
  const auto second = visit();
  EXPECT_EQ(visit()->get(), "");
  first.reset();
  EXPECT_TRUE(is_let_in());
}

TEST_F(ListenerTest, AWebSocketGivesItsPlaceBack) {
  start();
  const auto first = visit();
  const auto second = visit();
  EXPECT_TRUE(first->upgrade().starts_with("HTTP/1.1 101"));
  EXPECT_NE(visit()->get(), "");
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(ListenerTest, DoesNotCountWhoIsUnlimited) {
  options_.is_unlimited = [](const std::string& address) { return address == "127.0.0.1"; };
  start();
  std::array<std::unique_ptr<Visitor>, 5> visitors;
  for (auto& visitor : visitors) visitor = visit();
  for (const auto& visitor : visitors) EXPECT_NE(visitor->get(), "");
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(ListenerTest, AConnectionIsNotKeptForEver) {
  options_.http.request_timeout = seconds(5);
  options_.http.max_lifetime = seconds(6);
  start();
  const auto visitor = visit();
  std::string answer = visitor->get();
  EXPECT_EQ(answer.find("Connection: close"), std::string::npos);
  for (int i = 0; i < 50 && !answer.empty() && answer.find("Connection: close") == std::string::npos; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    answer = visitor->get();
  }
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(visitor->get(), "");
}

// A port that is taken, used and left while its shard does not run, or does only for a while.
class PortTest : public ::testing::Test {
protected:
  std::unique_ptr<Listener> open(HttpApplication& application) {
    auto listener = Listener::open(shard_, options_, application);
    EXPECT_TRUE(listener) << listener.error().message;
    return std::move(*listener);
  }
  // What `visitor` is answered while the shard runs.
  std::string answer_to(Visitor& visitor) {
    auto answer = std::async(std::launch::async, [&] {
      std::string text = visitor.get();
      shard_.stop();
      return text;
    });
    shard_.run();
    shard_.context().restart();
    return answer.get();
  }
  Result<void> take(int descriptor) {
    options_.passed_socket = descriptor;
    const auto listener = Listener::open(shard_, options_, first_);
    if (!listener) return listener.error();
    return {};
  }

  ListenerOptions options_{"127.0.0.1", 0, {}, {}};
  SmallApplication first_{201};
  SmallApplication second_{202};
  Shard shard_;
};

// A socket that somebody else has opened.
struct OpenSocket {
  OpenSocket() : acceptor(context, {boost::asio::ip::address_v4::loopback(), 0}) {}

  // A descriptor that the listener may own.
  int copy() { return ::dup(acceptor.native_handle()); }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  boost::asio::io_context context;
  tcp::acceptor acceptor;
};

TEST_F(PortTest, TakesASocketThatIsPassed) {
  OpenSocket passed;
  Visitor visitor(passed.port(), "127.0.0.1");
  options_.passed_socket = passed.copy();
  const auto listener = open(first_);
  EXPECT_EQ(listener->port(), passed.port());
  EXPECT_TRUE(answer_to(visitor).starts_with("HTTP/1.1 201"));
}

TEST_F(PortTest, WhoWaitsAtAPassedSocketWaitsForTheNextListener) {
  OpenSocket passed;
  options_.passed_socket = passed.copy();
  const auto listener = open(first_);
  Visitor visitor(passed.port(), "127.0.0.1");
  listener->close();
  options_.passed_socket = passed.copy();
  const auto next = open(second_);
  EXPECT_TRUE(answer_to(visitor).starts_with("HTTP/1.1 202"));
}

TEST_F(PortTest, RefusesAPassedDescriptorThatIsNoListeningTcpSocket) {
  const int unused = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_THAT(take(unused).error().message, HasSubstr("does not listen"));
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_THAT(take(datagrams).error().message, HasSubstr("is not of TCP"));
  const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_THAT(take(local).error().message, HasSubstr("is not of IPv4 or IPv6"));
  const int file = ::open("/dev/null", O_RDONLY);
  EXPECT_THAT(take(file).error().message, HasSubstr("is no socket"));
  for (const int descriptor : {unused, datagrams, local, file}) ::close(descriptor);
}

TEST_F(PortTest, WhoIsQueuedIsAcceptedBeforeThePortIsGivenUp) {
  const auto listener = open(first_);
  Visitor visitor(listener->port(), "127.0.0.1");
  visitor.ask();
  visitor.wait_until_queued();
  listener->close();
  EXPECT_EQ(listener->arriving(), 1u);
  EXPECT_TRUE(answer_to(visitor).starts_with("HTTP/1.1 201"));
  EXPECT_EQ(listener->arriving(), 0u);
}

TEST_F(PortTest, IsNotSharedUnasked) {
  const auto listener = open(first_);
  options_.port = listener->port();
  EXPECT_EQ(Listener::open(shard_, options_, second_).error().code, Errc::io);
}

TEST_F(PortTest, ASuccessorGetsAllWhoComeOnceThePortIsYielded) {
  options_.sharing = PortSharing::with_successor;
  const auto listener = open(first_);
  options_.port = listener->port();
  const auto successor = open(second_);
  listener->yield();
  for (int i = 0; i < 50; ++i) {
    Visitor visitor(listener->port(), "127.0.0.1");
    ASSERT_TRUE(answer_to(visitor).starts_with("HTTP/1.1 202")) << i;
  }
}

TEST_F(PortTest, WithoutASuccessorAYieldedPortIsServedOn) {
  options_.sharing = PortSharing::with_successor;
  const auto listener = open(first_);
  listener->yield();
  Visitor visitor(listener->port(), "127.0.0.1");
  EXPECT_TRUE(answer_to(visitor).starts_with("HTTP/1.1 201"));
}

}  // namespace
}  // namespace canvas::net
