// What answers on the health port while the server waits for its database.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/listener.h"

namespace canvas::server {

// Says that the process is alive (GET /livez), and that there is no server yet (/readyz, /health, 503). Has a
// thread of its own, because who starts the server blocks meanwhile. With its destruction the port is free
// for the server: connections that are open break off, and each is told to close after its answer.
class StartingServer {
public:
  virtual ~StartingServer() = default;

  // A `passed_socket` listens already: it is taken in place of host and port, and owned. Fails with Errc::io,
  // naming the address, when it cannot be had.
  static Result<std::unique_ptr<StartingServer>> open(const std::string& host, std::uint16_t health_port,
                                                      std::optional<int> passed_socket = std::nullopt);

  // Which port it is.
  virtual std::uint16_t port() const = 0;
};

}  // namespace canvas::server
