// canvas-ws serve: its options, and the server that they make.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "main/auth_options.h"
#include "main/command.h"
#include "main/limit_options.h"
#include "main/log_options.h"
#include "main/store_options.h"
#include "server/server.h"
#include "store/database.h"

namespace canvas {

// All that `serve` can be told. What is not on the command line comes from the environment (the names of the
// Node server that this one replaces), then from the configuration file.
struct ServeSettings {
  std::string host;  // empty: see resolve_host
  std::uint16_t port = 3001;
  int health_port = -1;  // -1: the one after `port`
  DatabaseSetting database;
  HistorySetting history;
  AuthSettings auth;
  std::string path_prefix = "/ws";
  LogSettings log;
  bool reuse_port = false;
  std::string drain_timeout = "9s";
  LimitSettings limits;
  std::size_t max_document_bytes = room::Limits{}.max_document_bytes;
  std::size_t max_room_backlog_bytes = room::Limits{}.max_room_backlog_bytes;
  std::size_t max_backlog_bytes = room::Limits{}.max_backlog_bytes;
  std::size_t max_message_bytes = server::ClientLimits{}.max_message_bytes;
};

// Opens the store that `database` names. Fails as store::open_store does.
using OpenStore = std::function<Result<std::unique_ptr<store::Store>>(const db::Database& database,
                                                                      const store::StoreOptions& options)>;
Result<std::unique_ptr<store::Store>> open_store(const db::Database& database,
                                                 const store::StoreOptions& options);

void add_serve_command(CLI::App& app, Command& chosen, const OpenStore& open);

// Runs the server to its end. Gives the exit code.
int serve(const ServeSettings& settings, const OpenStore& open);

}  // namespace canvas
