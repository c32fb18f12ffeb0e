// What is behind the ports.
#pragma once

#include <functional>
#include <string>

#include "net/http.h"
#include "server/client.h"
#include "server/operator_rule.h"
#include "store/store.h"

namespace canvas::server {

// Answers health checks, and makes a client of every upgrade. On the shard's thread.
class Application final : public net::HttpApplication {
public:
  Application(ClientSurroundings& surroundings, const store::Store& store, std::string path_prefix,
              const TrustedProxies& trusted_proxies);

  net::HttpResponse on_request(const net::HttpRequest& request) override;
  void on_upgrade(const net::HttpRequest& request, std::function<void(net::UpgradeDecision)> decide) override;

  // 200 while the server can do its work, be it degraded; 503 when it goes down. A JSON object. The reasons
  // of a failure are for who is on this machine.
  net::HttpResponse health(bool with_reasons) const;

  // Takes a client that may change every document, if `rule` allows it.
  net::UpgradeDecision admit_operator(const net::HttpRequest& request, OperatorRule& rule);

  // The documents that are in memory, as JSON.
  net::HttpResponse rooms() const;

  // The same for all that is counted, as Prometheus reads it.
  net::HttpResponse metrics() const;

private:
  // Takes a client only to tell it to come back: to a client a refusal is a failure, after which it waits.
  net::UpgradeDecision send_back(Doorkeeper::Visitor visitor);
  void ask_gatekeeper(Arrival arrival, std::function<void(net::UpgradeDecision)> decide);

  ClientSurroundings& surroundings_;
  const store::Store& store_;
  const std::string path_prefix_;
  const TrustedProxies& trusted_proxies_;
  const net::Time started_;
};

// What is behind the health port: the same answers. GET /metrics is for Prometheus. GET /rooms lists the
// documents that are in memory, but only to who asks from this machine. A WebSocket to /operator speaks
// Hocuspocus and may change every document.
class HealthApplication final : public net::HttpApplication {
public:
  explicit HealthApplication(Application& application) : application_(application) {}

  // From now on operators are let in.
  void open_to_operators(OperatorRule rule) { operators_.emplace(std::move(rule)); }

  net::HttpResponse on_request(const net::HttpRequest& request) override;
  void on_upgrade(const net::HttpRequest& request, std::function<void(net::UpgradeDecision)> decide) override;

private:
  Application& application_;
  std::optional<OperatorRule> operators_;
};

}  // namespace canvas::server
