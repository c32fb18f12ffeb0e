#include "main/serve.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/log.h"
#include "crdt/merge.h"
#include "store/database.h"

namespace canvas {
namespace {

int fail(int code, const std::string& message) {
  std::cerr << "canvas-ws: " << message << "\n";
  return code;
}

// Guests are anybody: only those on this machine, unless an address is asked for by name.
std::string resolve_host(const ServeSettings& settings) {
  return settings.host.empty() ? "127.0.0.1" : settings.host;
}

Result<server::Options> make_options(const ServeSettings& settings) {
  server::Options options;
  options.host = resolve_host(settings);
  options.port = settings.port;
  options.path_prefix = settings.path_prefix;
  if (settings.health_port >= 0) {
    options.health_port = static_cast<std::uint16_t>(settings.health_port);
  } else if (settings.port == 65535) {
    return Error{Errc::invalid_use, "there is no port after 65535 for --health-port: name one"};
  } else {
    options.health_port = static_cast<std::uint16_t>(settings.port == 0 ? 0 : settings.port + 1);
  }
  options.room.max_document_bytes = settings.max_document_bytes;
  options.client.max_message_bytes = settings.max_message_bytes;
  options.client.max_message_bytes_before_admission =
      std::min(options.client.max_message_bytes_before_admission, settings.max_message_bytes);
  options.websocket.max_message_bytes = settings.max_message_bytes;
  return options;
}

}  // namespace

void declare_serve_options(CLI::App& command, ServeSettings& settings) {
  command.set_config("--config", "", "Read options from a TOML file: port = 3001, database = \"sqlite:...\"");
  command
      .add_option("--host", settings.host,
                  "Address or name to listen on. Default: 127.0.0.1, this machine only. With --auth guest "
                  "anybody who can "
                  "reach the address may read and change everything")
      ->envname("WS_HOST");
  command
      .add_option("--port", settings.port, "Port for WebSockets and GET /health; 0 takes any that is free")
      ->envname("WS_PORT")
      ->capture_default_str();
  command
      .add_option("--health-port", settings.health_port,
                  "Port for GET /health alone. Default: the one after --port")
      ->envname("WS_HEALTH_PORT")
      ->check(CLI::Range(0, 65535));
  command
      .add_option("--database", settings.database,
                  "Where documents are kept: sqlite:FILE, a file that is made when it is missing")
      ->envname("DATABASE_URL")
      ->capture_default_str();
  command.add_option("--auth", settings.auth, "Who is let in: guest, everybody who can reach the port")
      ->check(CLI::IsMember({"guest"}))
      ->capture_default_str();
  command
      .add_option("--path-prefix", settings.path_prefix,
                  "What may stand before the document's name in a y-websocket URL: with /ws, /ws/plan and "
                  "/plan are the same")
      ->capture_default_str();
  command
      .add_option("--max-document-bytes", settings.max_document_bytes,
                  "Refuse edits that would make the content of a document larger than this")
      ->envname("WS_MAX_DOCUMENT_BYTES")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-message-bytes", settings.max_message_bytes,
                  "Close a connection that sends a longer message (1009)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--log-level", settings.log_level,
                  "debug, info, warn, error or off; lines of JSON on standard output")
      ->envname("LOG_LEVEL")
      ->capture_default_str();
}

Result<std::unique_ptr<store::Store>> open_store(const std::string& database) {
  const Result<store::Database> parsed = store::parse_database(database);
  if (!parsed) return parsed.error();
  return store::open_store(*parsed, {}, crdt::merge_updates);
}

int serve(const ServeSettings& settings, const OpenStore& open) {
  const auto level = log::parse_level(settings.log_level);
  if (!level) return fail(2, "--log-level: " + level.error().message);
  log::set_level(*level);
  Result<server::Options> options = make_options(settings);
  if (!options) return fail(2, options.error().message);
  Result<std::unique_ptr<store::Store>> store = open(settings.database);
  if (!store) return fail(store.error().code == Errc::invalid_use ? 2 : 1, store.error().message);
  auto server = server::Server::open(std::move(*options), std::move(*store), auth::make_guest_gatekeeper());
  if (!server) return fail(1, server.error().message);
  if (!settings.host.empty()) {
    log::warning("server.guests_allowed",
                 {{"host", settings.host},
                  {"meaning", "everybody who can reach this address may read and change every document"}});
  }
  if (const Result<void> ran = (*server)->run(); !ran) return fail(1, ran.error().message);
  return 0;
}

int run_command_line(int argc, char** argv, const OpenStore& open) {
  CLI::App app(
      "canvas-ws: a real-time collaboration server for Yjs documents (Hocuspocus and y-websocket clients)");
  app.set_version_flag("--version", std::string("canvas-ws ") + CANVAS_VERSION);
  app.require_subcommand(1);
  ServeSettings settings;
  declare_serve_options(*app.add_subcommand("serve", "Serve documents over WebSocket"), settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version end with 0; what cannot be understood with 2.
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return serve(settings, open);
  } catch (const std::exception& error) {
    return fail(1, error.what());
  }
}

}  // namespace canvas
