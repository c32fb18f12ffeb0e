// The server: what listens, what is served, and how it goes down.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "auth/gatekeeper.h"
#include "net/listener.h"
#include "room/limits.h"
#include "server/client_address.h"
#include "server/limits.h"
#include "server/service_manager.h"
#include "store/store.h"

namespace canvas::server {

inline constexpr std::string_view default_trusted_proxies = "127.0.0.0/8, ::1";

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3001;
  std::uint16_t health_port = 3002;
  std::string path_prefix = "/ws";  // of y-websocket URLs, before the document's name; may be missing there
  room::Limits room;
  ClientLimits client;
  TrustedProxies trusted_proxies = *TrustedProxies::parse(default_trusted_proxies);
  net::WebSocketLimits websocket;
  net::HttpLimits http;
  net::PortSharing port_sharing = net::PortSharing::alone;
  // From SIGTERM to the end of run() and of what is left to do after it.
  std::chrono::milliseconds drain_timeout{9000};
  PassedSockets passed_sockets;                              // taken in place of host and port
  std::optional<std::vector<std::string>> operator_secrets;  // none: operators need no proof (OperatorRule)
};

// Owns the shard and all that lives on it. Made, run and destroyed by one thread.
class Server {
public:
  virtual ~Server() = default;

  // Opens the ports. Fails with Errc::io when one cannot be had.
  static Result<std::unique_ptr<Server>> open(Options options, std::unique_ptr<store::Store> store,
                                              std::unique_ptr<auth::Gatekeeper> gatekeeper);

  // Serves until stop() or SIGTERM or SIGINT, then drains: takes nothing more, commits and acknowledges what
  // it has, tells the clients to come back (1012), all within the drain timeout. A second signal ends it at
  // once. Fails with Errc::unavailable when something could not be committed: it was not acknowledged to
  // anybody.
  virtual Result<void> run() = 0;

  // After run(): what is left of the drain timeout for the destructor, which waits for threads that may be
  // waiting for a database; after a second signal nothing.
  virtual std::chrono::milliseconds time_left() const = 0;

  // Any thread.
  virtual void stop() = 0;

  // As they were opened.
  virtual std::uint16_t port() const = 0;
  virtual std::uint16_t health_port() const = 0;
};

}  // namespace canvas::server
