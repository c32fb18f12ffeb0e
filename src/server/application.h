// What is behind the ports.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "net/http.h"
#include "server/client.h"
#include "server/operator_rule.h"
#include "server/status_pages.h"

namespace canvas::server {

// Answers health checks, and makes a client of every upgrade. On the shard's thread.
class Application final : public net::HttpApplication {
public:
  Application(ClientSurroundings& surroundings, const StatusPages& pages, std::string path_prefix,
              const TrustedProxies& trusted_proxies);

  net::HttpResponse on_request(const net::HttpRequest& request) override;
  void on_upgrade(const net::HttpRequest& request, std::function<void(net::UpgradeDecision)> decide) override;

  // Takes a client that may change every document, if `rule` allows it.
  net::UpgradeDecision admit_operator(const net::HttpRequest& request, OperatorRule& rule);

private:
  // Takes a client only to tell it to come back: to a client a refusal is a failure, after which it waits.
  net::UpgradeDecision send_back(Doorkeeper::Visitor visitor);
  void ask_gatekeeper(Arrival arrival, std::function<void(net::UpgradeDecision)> decide);

  ClientSurroundings& surroundings_;
  const StatusPages& pages_;
  const std::string path_prefix_;
  const TrustedProxies& trusted_proxies_;
};

// What is behind the health port: GET /health as on the main one, /livez, /readyz, /metrics, and /rooms for
// who asks from this machine. A WebSocket to /operator speaks Hocuspocus and may change every document.
class HealthApplication final : public net::HttpApplication {
public:
  HealthApplication(Application& application, const StatusPages& pages)
      : application_(application), pages_(pages) {}

  // From now on operators are let in.
  void open_to_operators(OperatorRule rule) { operators_.emplace(std::move(rule)); }

  net::HttpResponse on_request(const net::HttpRequest& request) override;
  void on_upgrade(const net::HttpRequest& request, std::function<void(net::UpgradeDecision)> decide) override;

private:
  Application& application_;
  const StatusPages& pages_;
  std::optional<OperatorRule> operators_;
};

}  // namespace canvas::server
