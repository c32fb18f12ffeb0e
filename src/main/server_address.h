// Where the running server is that a command talks to.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas {

// The health port of a server.
struct ServerAddress {
  std::string host;
  std::string port;

  std::string url() const { return "http://" + host + ":" + port; }
};

// Reads http://HOST[:PORT]; empty: on this machine, at the port that WS_HEALTH_PORT names, or the one after
// WS_PORT, or 3002. Fails with Errc::invalid_use.
Result<ServerAddress> find_server(std::string_view url);

}  // namespace canvas
