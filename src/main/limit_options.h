// The options of `serve` that bound what clients may do.
#pragma once

#include <string>

#include "server/server.h"

namespace CLI {
class App;
}

namespace canvas {

struct LimitSettings {
  server::ClientLimits client;
  room::Limits room;
  net::HttpLimits http;
  std::string trusted_proxies{server::default_trusted_proxies};
  std::string admission_timeout = "60s";

  // Sets them in `options`. Fails with Errc::invalid_use.
  Result<void> apply(server::Options& options) const;
};

// Declares them, bound to `settings`, which outlives `command`.
void declare_limit_options(CLI::App& command, LimitSettings& settings);

}  // namespace canvas
