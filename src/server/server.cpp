#include "server/server.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_signal_set.hpp>
#include <csignal>
#include <optional>

#include "log/log.h"
#include "net/shard.h"
#include "room/registry.h"
#include "server/application.h"

namespace canvas::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Of the drain timeout the database has what these leave.
constexpr milliseconds longest_goodbye{2000};  // for the clients to take their leave
constexpr milliseconds longest_closing{1000};  // for what comes after run()
// From the loss of the port to the end at least: connections whose request has not come yet are waited for.
constexpr milliseconds longest_arrival{500};
// A shared port is kept for so long after it was yielded, for handshakes that had begun.
constexpr milliseconds longest_handover{500};
constexpr milliseconds departure_poll{10};

// The store is tidied some time after the start, when clients have come back, and then now and then.
constexpr seconds first_tidy{10};
constexpr std::chrono::minutes tidy_interval{10};

// What leaves holes worth to be given back.
constexpr std::chrono::minutes giving_back_interval{1};
constexpr std::size_t much_backlog_bytes = 4u << 20;

// For systemctl status.
constexpr seconds status_interval{10};

class SingleShardServer final : public Server {
public:
  SingleShardServer(Options options, std::unique_ptr<store::Store> store,
                    std::unique_ptr<auth::Gatekeeper> gatekeeper)
      : options_(std::move(options)),
        gatekeeper_(std::move(gatekeeper)),
        registry_(options_.room, *store,
                  [this](std::function<void()> task) { shard_.post(std::move(task)); }),
        metrics_(limit_values(options_.client, options_.room, options_.http)),
        audit_(metrics_),
        doorkeeper_(options_.client, *gatekeeper_, audit_, metrics_),
        surroundings_{options_.client,
                      doorkeeper_,
                      registry_,
                      audit_,
                      metrics_,
                      [this](std::chrono::milliseconds delay, std::function<void()> task) {
                        shard_.after(delay, std::move(task));
                      }},
        pages_(surroundings_, *store, shard_),
        application_(surroundings_, pages_, options_.path_prefix, options_.trusted_proxies),
        health_application_(application_, pages_),
        main_options_(listener_options(options_.port, options_.passed_sockets.main)),
        health_options_(listener_options(options_.health_port, options_.passed_sockets.health)),
        signals_(shard_.executor(), SIGTERM, SIGINT),
        store_(std::move(store)) {
    gatekeeper_->open([this](std::function<void()> task) { shard_.post(std::move(task)); });
    shard_.every_second([this](net::Time now) { tick(now); });
    shard_.after_flush([this] { metrics_.flushed(registry_.take_oldest()); });
  }

  Result<void> listen() {
    auto main = net::Listener::open(shard_, main_options_, application_);
    if (!main) return main.error();
    auto health = net::Listener::open(shard_, health_options_, health_application_);
    if (!health) return health.error();
    main_listener_ = std::move(*main);
    health_listener_ = std::move(*health);
    health_application_.open_to_operators(OperatorRule(options_.operator_secrets, health_port()));
    return {};
  }

  Result<void> run() override {
    await_signal();
    log::info("server.listening", {{"host", options_.host},
                                   {"port", port()},
                                   {"health_port", health_port()},
                                   {"version", CANVAS_VERSION},
                                   {"pid", getpid()}});
    tell_ready();
    if (const auto interval = alive_interval()) stay_alive(*interval);
    shard_.run();
    // From here on nobody handles them: the next one ends the process.
    boost::system::error_code ignored;
    signals_.clear(ignored);
    const std::size_t backlog_bytes = store_->backlog_bytes();
    const bool committed = committed_ || backlog_bytes == 0;
    log::tell_all_suppressed();
    log::info("server.stopped", {{"committed", committed}, {"backlog_bytes", backlog_bytes}});
    if (!committed)
      return Error{Errc::unavailable, "the database did not take all updates; those were not acknowledged"};
    return {};
  }

  milliseconds time_left() const override {
    return std::max(milliseconds(0), std::chrono::floor<milliseconds>(end_ - steady_clock::now()));
  }

  void stop() override {
    shard_.post([this] { drain("stop"); });
  }

  std::uint16_t port() const override { return main_listener_->port(); }
  std::uint16_t health_port() const override { return health_listener_->port(); }

private:
  net::ListenerOptions listener_options(std::uint16_t port, std::optional<int> passed_socket) const {
    return {options_.host,
            port,
            options_.http,
            options_.websocket,
            options_.port_sharing,
            passed_socket,
            [this](const std::string& address) { return options_.trusted_proxies.contains(address); }};
  }

  void tick(net::Time now) {
    count_dropped();
    registry_.tick(now);
    registry_.take_oldest();  // what no socket has taken by now would count when some other one is written to
    gatekeeper_->tick();
    doorkeeper_.tick(now);
    log::tell_suppressed();
    tidy(now);
    give_memory_back(now);
    tell_status_now_and_then(now);
  }

  // From the loop, so that one that is stuck falls silent.
  void stay_alive(std::chrono::microseconds interval) {
    tell_alive();
    shard_.after(std::chrono::floor<std::chrono::milliseconds>(interval),
                 [this, interval] { stay_alive(interval); });
  }

  void tell_status_now_and_then(net::Time now) {
    if (next_status_ && now < *next_status_) return;
    next_status_ = now + status_interval;
    tell_status((surroundings_.draining ? "going down, " : "") +
                std::to_string(surroundings_.clients.size()) + " connections, " +
                std::to_string(registry_.room_count()) + " rooms");
  }

  void count_dropped() {
    const std::uint64_t dropped = main_listener_->dropped() + health_listener_->dropped();
    const std::uint64_t more = dropped - std::exchange(dropped_, dropped);
    if (more > 0) metrics_.limit_hit(limit::idle_per_address, more);
  }

  void tidy(net::Time now) {
    if (!next_tidy_) next_tidy_ = now + first_tidy;
    if (now < *next_tidy_ || surroundings_.draining) return;
    next_tidy_ = now + tidy_interval;
    store_->tidy();
  }

  // A backlog and rooms that have gone leave holes, which malloc keeps for later: after an outage of the
  // database three times what is in use. To give them back takes some milliseconds, so it is done when there
  // was much: a backlog, twice as many rooms, or any when nobody is here to wait.
  void give_memory_back(net::Time now) {
    const std::size_t backlog_bytes = store_->backlog_bytes();
    has_much_to_give_ |= backlog_bytes > much_backlog_bytes;
    const std::size_t rooms = registry_.room_count();
    most_rooms_ = std::max(most_rooms_, rooms);
    const bool rooms_have_gone =
        most_rooms_ > 0 && rooms <= most_rooms_ / 2 && (rooms == 0 || now >= next_giving_back_);
    if (!rooms_have_gone && (!has_much_to_give_ || backlog_bytes > 0)) return;
    has_much_to_give_ = false;
    most_rooms_ = rooms;
    next_giving_back_ = now + giving_back_interval;
    malloc_trim(0);
  }

  void await_signal() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      const std::string_view name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
      if (surroundings_.draining) return end_at_once(name);
      await_signal();
      drain(name);
    });
  }

  void end_at_once(std::string_view why) {
    log::warning("server.ended_at_once", {{"reason", why}, {"backlog_bytes", store_->backlog_bytes()}});
    end_ = steady_clock::now();
    shard_.stop();
  }

  void drain(std::string_view why) {
    if (surroundings_.draining) return;
    log::info("server.draining", {{"reason", why}, {"connections", surroundings_.clients.size()}});
    surroundings_.draining = true;
    tell_stopping();
    end_ = steady_clock::now() + options_.drain_timeout;
    leave_ports();
    shard_.after(options_.drain_timeout - goodbye_time() - closing_time(), [this] {
      if (saying_goodbye_) return;
      log::error("server.commit_timed_out", {{"backlog_bytes", store_->backlog_bytes()}});
      say_goodbye();
    });
    // The acknowledgments of what is committed are posted before this, so they go out before the goodbye.
    store_->flush([this] {
      shard_.post([this] {
        committed_ = true;
        if (!saying_goodbye_) say_goodbye();
      });
    });
  }

  void leave_ports() {
    if (options_.port_sharing == net::PortSharing::alone) return close_port();
    main_listener_->yield();
    health_listener_->yield();
    shard_.after(std::min(longest_handover, options_.drain_timeout / 8), [this] { close_port(); });
  }

  void close_port() {
    main_listener_->close();
    arrival_deadline_ = steady_clock::now() + std::min(longest_arrival, options_.drain_timeout / 8);
  }

  void say_goodbye() {
    saying_goodbye_ = true;
    const std::vector<Client*> clients(surroundings_.clients.begin(), surroundings_.clients.end());
    for (Client* client : clients) client->close(net::CloseCode::service_restart, "the server restarts");
    await_departures(steady_clock::now() + goodbye_time());
  }

  void await_departures(steady_clock::time_point deadline) {
    const auto now = steady_clock::now();
    const bool has_arrivals =
        !arrival_deadline_ || (main_listener_->arriving() > 0 && now < *arrival_deadline_);
    if (now >= deadline || (surroundings_.clients.empty() && !has_arrivals)) {
      health_listener_->close();
      return shard_.stop();
    }
    shard_.after(departure_poll, [this, deadline] { await_departures(deadline); });
  }

  milliseconds goodbye_time() const { return std::min(longest_goodbye, options_.drain_timeout / 4); }
  milliseconds closing_time() const { return std::min(longest_closing, options_.drain_timeout / 8); }

  const Options options_;
  net::Shard shard_;
  const std::unique_ptr<auth::Gatekeeper> gatekeeper_;
  room::Registry registry_;
  Metrics metrics_;
  Audit audit_;
  Doorkeeper doorkeeper_;
  ClientSurroundings surroundings_;
  StatusPages pages_;
  Application application_;
  HealthApplication health_application_;
  const net::ListenerOptions main_options_;
  const net::ListenerOptions health_options_;
  boost::asio::basic_signal_set<net::Shard::Executor> signals_;
  std::unique_ptr<net::Listener> main_listener_;
  std::unique_ptr<net::Listener> health_listener_;
  std::uint64_t dropped_ = 0;  // by both listeners, as it has been counted
  std::optional<net::Time> next_tidy_;
  std::optional<net::Time> next_status_;
  steady_clock::time_point end_{};                            // of the drain, once that has begun
  std::optional<steady_clock::time_point> arrival_deadline_;  // once the port is closed
  bool has_much_to_give_ = false;
  std::size_t most_rooms_ = 0;  // since memory was given back
  net::Time next_giving_back_{};
  bool committed_ = false;
  bool saying_goodbye_ = false;
  // Goes first: until its threads are joined they post to the shard and to the registry.
  const std::unique_ptr<store::Store> store_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::open(Options options, std::unique_ptr<store::Store> store,
                                             std::unique_ptr<auth::Gatekeeper> gatekeeper) {
  auto server =
      std::make_unique<SingleShardServer>(std::move(options), std::move(store), std::move(gatekeeper));
  if (const Result<void> listening = server->listen(); !listening) return listening.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace canvas::server
