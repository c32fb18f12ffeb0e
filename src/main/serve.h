// The command line: canvas-ws serve, its options, and the server that they make.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auth/gatekeeper.h"
#include "server/server.h"

namespace CLI {
class App;
}

namespace canvas {

// All that `serve` can be told. What is not on the command line comes from the environment (the names of the
// Node server that this one replaces), then from the configuration file.
struct ServeSettings {
  std::string host;  // empty: see resolve_host
  std::uint16_t port = 3001;
  int health_port = -1;  // -1: the one after `port`
  std::string database = "sqlite:canvas-ws.sqlite";
  std::string auth = "guest";
  std::string path_prefix = "/ws";
  std::string log_level = "info";
  std::size_t max_document_bytes = room::Limits{}.max_document_bytes;
  std::size_t max_room_backlog_bytes = room::Limits{}.max_room_backlog_bytes;
  std::size_t max_backlog_bytes = room::Limits{}.max_backlog_bytes;
  std::size_t max_message_bytes = server::ClientLimits{}.max_message_bytes;
};

// Declares the options of `serve` on `command`, bound to `settings`, which outlives it.
void declare_serve_options(CLI::App& command, ServeSettings& settings);

// Opens the store that `database` names. Fails with words for the user.
using OpenStore = std::function<Result<std::unique_ptr<store::Store>>(const std::string& database)>;
Result<std::unique_ptr<store::Store>> open_store(const std::string& database);

// Runs the server to its end. Gives the exit code: 0, 1 failed, 2 the settings make no sense.
int serve(const ServeSettings& settings, const OpenStore& open);

// The whole program: understands the command line and does what it says. `open` is open_store but for tests.
int run_command_line(int argc, char** argv, const OpenStore& open);

}  // namespace canvas
