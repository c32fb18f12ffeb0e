#include "net/listener.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <cerrno>

#include "log/log.h"
#include "net/http_connection_internal.h"

namespace canvas::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Acceptor = boost::asio::basic_socket_acceptor<tcp, Shard::Executor>;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using Resolver = boost::asio::ip::basic_resolver<tcp, Shard::Executor>;

constexpr int accept_backlog = 4096;

// Of the socket layer; none when `descriptor` is no socket.
std::optional<int> socket_option(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(descriptor, SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

std::optional<std::string> why_not_listening(int descriptor) {
  const std::optional<int> family = socket_option(descriptor, SO_DOMAIN);
  if (!family) return "is no socket";
  if (*family != AF_INET && *family != AF_INET6) return "is not of IPv4 or IPv6";
  if (socket_option(descriptor, SO_PROTOCOL) != IPPROTO_TCP) return "is not of TCP";
  if (socket_option(descriptor, SO_ACCEPTCONN) != 1) return "does not listen";
  return std::nullopt;
}

class TcpListener final : public Listener, public Resident, public std::enable_shared_from_this<TcpListener> {
public:
  TcpListener(Shard& shard, const ListenerOptions& options, HttpApplication& application)
      : shard_(shard), options_(options), application_(application), acceptor_(shard.executor()) {}

  error_code listen() {
    error_code error;
    Resolver resolver(shard_.executor());
    const auto found =
        resolver.resolve(options_.host, std::to_string(options_.port), Resolver::passive, error);
    if (error) return error;
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
    if (!error && options_.sharing == PortSharing::with_successor)
      acceptor_.set_option(ReusePort(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(accept_backlog, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    return error;
  }

  // Takes the socket that was passed.
  Result<void> take_over(int descriptor) {
    const std::string name = "the socket that was passed as descriptor " + std::to_string(descriptor);
    if (const auto why_not = why_not_listening(descriptor)) {
      return Error{Errc::invalid_use, name + " " + *why_not + ": pass one of ListenStream= with a TCP port"};
    }
    const bool is_v6 = socket_option(descriptor, SO_DOMAIN) == AF_INET6;
    error_code error;
    acceptor_.assign(is_v6 ? tcp::v6() : tcp::v4(), descriptor, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) return Error{Errc::io, name + " cannot be used: " + error.message()};
    return {};
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, Socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: those who wait are taken when there are some again.
        log::warning("listener.accept_failed", {{"port", self->port_}, {"reason", error.message()}});
        self->paused_ = true;
        return;
      }
      self->start(std::move(socket));
      self->accept();
    });
  }

  void tick(Time) override {
    if (std::exchange(paused_, false) && acceptor_.is_open()) accept();
  }

  void break_off() override {
    error_code ignored;
    acceptor_.close(ignored);
  }

  std::uint16_t port() const override { return port_; }
  std::uint64_t dropped() const override { return dropped_; }

  std::size_t arriving() const override { return static_cast<std::size_t>(arrivals_.use_count() - 1); }

  // Sockets that share a port stand in the order in which they came; one that goes is replaced by the last.
  // So of two the successor is number 1, and where there is no number 1 the kernel chooses among those that
  // there are.
  void yield() override {
    if (options_.sharing != PortSharing::with_successor || options_.passed_socket) return;
    sock_filter choose_the_second{BPF_RET | BPF_K, 0, 0, 1};
    const sock_fprog program{1, &choose_the_second};
    if (setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                   sizeof program) == 0)
      return;
    log::warning(
        "listener.not_yielded",
        {{"port", port_}, {"reason", error_code(errno, boost::system::system_category()).message()}});
  }

  void close() override {
    if (!acceptor_.is_open()) return;
    if (!options_.passed_socket) accept_queued();
    give_up();
  }

  void give_up() {
    break_off();
    shard_.remove(shared_from_this());
  }

private:
  // No more than the queue can hold: others may come as fast as they are taken.
  void accept_queued() {
    error_code error;
    acceptor_.non_blocking(true, error);
    for (int i = 0; i < accept_backlog && !error; ++i) {
      Socket socket(shard_.executor());
      acceptor_.accept(socket, error);
      if (!error) start(std::move(socket));
    }
    if (error && error != boost::asio::error::would_block)
      log::warning("listener.accept_failed", {{"port", port_}, {"reason", error.message()}});
  }

  void start(Socket socket) {
    Peer peer{address_of(socket), nullptr, arrivals_};
    if (is_limited(peer.address)) {
      peer.place = idle_->take(peer.address, options_.http.max_idle_per_address);
      if (!peer.place) {
        ++dropped_;
        return;
      }
    }
    start_http(std::move(socket), std::move(peer), shard_, options_, application_);
  }

  static std::string address_of(const Socket& socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? std::string() : endpoint.address().to_string();
  }

  bool is_limited(const std::string& address) const {
    if (options_.http.max_idle_per_address == 0) return false;
    return !options_.is_unlimited || !options_.is_unlimited(address);
  }

  Shard& shard_;
  const ListenerOptions& options_;
  HttpApplication& application_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  bool paused_ = false;
  const std::shared_ptr<AddressCounts> idle_ = std::make_shared<AddressCounts>();
  std::uint64_t dropped_ = 0;
  const std::shared_ptr<const void> arrivals_ = std::make_shared<int>();  // one owner more for each
};

// Closes the listener with its owner: handlers that are on their way keep the rest alive.
class OwnedListener final : public Listener {
public:
  explicit OwnedListener(std::shared_ptr<TcpListener> listener) : listener_(std::move(listener)) {}
  ~OwnedListener() override { listener_->give_up(); }
  std::uint16_t port() const override { return listener_->port(); }
  std::uint64_t dropped() const override { return listener_->dropped(); }
  std::size_t arriving() const override { return listener_->arriving(); }
  void yield() override { listener_->yield(); }
  void close() override { listener_->close(); }

private:
  const std::shared_ptr<TcpListener> listener_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Shard& shard, const ListenerOptions& options,
                                                 HttpApplication& application) {
  auto listener = std::make_shared<TcpListener>(shard, options, application);
  if (options.passed_socket) {
    if (const Result<void> taken = listener->take_over(*options.passed_socket); !taken) return taken.error();
  } else if (const error_code error = listener->listen()) {
    return Error{Errc::io, "cannot listen on " + options.host + ":" + std::to_string(options.port) + ": " +
                               error.message()};
  }
  shard.add(listener);
  listener->accept();
  return std::unique_ptr<Listener>(std::make_unique<OwnedListener>(std::move(listener)));
}

}  // namespace canvas::net
