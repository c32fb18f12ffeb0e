#include "server/starting_server.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

#include "net/shard.h"
#include "server/health.h"

namespace canvas::server {
namespace {

constexpr std::string_view reason = "the server is starting: it waits for the database";

net::HttpResponse line(unsigned status, std::string_view words) {
  return {status, "text/plain; charset=utf-8", std::string(words) + "\n"};
}

class StartingApplication final : public net::HttpApplication {
public:
  net::HttpResponse on_request(const net::HttpRequest& request) override {
    if (request.method != "GET" && request.method != "HEAD") return line(405, "only GET is answered here");
    if (request.path == "/livez") return line(200, "alive");
    if (request.path == "/readyz") return line(503, "not ready: " + std::string(reason));
    if (request.path == "/health" || request.path == "/healthz") return health();
    return line(503, reason);
  }

  void on_upgrade(const net::HttpRequest&, std::function<void(net::UpgradeDecision)> decide) override {
    decide(line(503, reason));
  }

private:
  net::HttpResponse health() const {
    boost::json::object answer;
    answer["status"] = name_of(Status::unhealthy);
    answer["reasons"] = boost::json::array{boost::json::string(reason)};
    answer["version"] = CANVAS_VERSION;
    answer["uptime_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
    return {503, "application/json", boost::json::serialize(answer) + "\n"};
  }

  const net::Time started_ = std::chrono::steady_clock::now();
};

class OwnThreadServer final : public StartingServer {
public:
  OwnThreadServer(const std::string& host, std::uint16_t port, std::optional<int> passed_socket)
      : options_{host, port, {}, {}} {
    options_.passed_socket = passed_socket;
    // The next request on a connection would come to nobody.
    options_.http.max_lifetime = std::chrono::seconds(0);
  }

  ~OwnThreadServer() override {
    shard_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> start() {
    auto listener = net::Listener::open(shard_, options_, application_);
    if (!listener) return listener.error();
    listener_ = std::move(*listener);
    thread_ = std::thread([this] { shard_.run(); });
    return {};
  }

  std::uint16_t port() const override { return listener_->port(); }

private:
  net::ListenerOptions options_;
  StartingApplication application_;
  net::Shard shard_;
  std::unique_ptr<net::Listener> listener_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<StartingServer>> StartingServer::open(const std::string& host,
                                                             std::uint16_t health_port,
                                                             std::optional<int> passed_socket) {
  auto server = std::make_unique<OwnThreadServer>(host, health_port, passed_socket);
  if (const Result<void> started = server->start(); !started) return started.error();
  return std::unique_ptr<StartingServer>(std::move(server));
}

}  // namespace canvas::server
