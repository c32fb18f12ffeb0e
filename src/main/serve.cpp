#include "main/serve.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <future>
#include <thread>

#include "base/time_text.h"
#include "crdt/merge.h"
#include "log/log.h"
#include "main/config_file.h"
#include "main/console.h"
#include "server/starting_server.h"

namespace canvas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A database that starts together with the server is waited for.
constexpr seconds reach_timeout{30};
constexpr milliseconds first_retry_delay{500};
constexpr milliseconds longest_retry_delay{5000};

constexpr const char* serve_manual =
    R"(Without any option it keeps everything in canvas-ws.sqlite in the current folder and lets in whoever is
on this machine. With a PostgreSQL database it lets in who has a valid Better Auth session there. SIGTERM or SIGINT: takes nothing more, saves what it has, ends within --drain-timeout; a
second one ends it at once. SIGHUP: opens --log-file anew; on a terminal, which was closed then: as SIGTERM. Sockets that systemd passes (LISTEN_FDS), named main and health, are taken instead of --host and the ports.

Examples:
  canvas-ws serve
  canvas-ws serve --host 0.0.0.0 --database sqlite:/var/lib/canvas-ws/canvas.sqlite --history 7d
  DATABASE_URL=postgres://canvas@localhost/canvas BETTER_AUTH_SECRET=... BETTER_AUTH_URL=https://draw.example.com \
    canvas-ws serve                                     (after canvas-ws migrate; canvas-ws doctor checks it all))";

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
  if (settings.reuse_port) options.port_sharing = net::PortSharing::with_successor;
  const auto drain_timeout = parse_duration(settings.drain_timeout);
  if (!drain_timeout) return Error{Errc::invalid_use, "--drain-timeout: " + drain_timeout.error().message};
  if (*drain_timeout < seconds(1)) return Error{Errc::invalid_use, "--drain-timeout: take at least 1s"};
  options.drain_timeout = *drain_timeout;
  if (const Result<void> applied = settings.limits.apply(options); !applied) return applied.error();
  options.room.max_document_bytes = settings.max_document_bytes;
  options.room.max_room_backlog_bytes = settings.max_room_backlog_bytes;
  options.room.max_backlog_bytes = settings.max_backlog_bytes;
  options.client.max_message_bytes = settings.max_message_bytes;
  options.client.max_message_bytes_before_admission =
      std::min(options.client.max_message_bytes_before_admission, settings.max_message_bytes);
  options.websocket.max_message_bytes = settings.max_message_bytes;
  return options;
}

void declare_options(CLI::App& command, ServeSettings& settings) {
  declare_config_file(command, command);
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
      .add_option(
          "--health-port", settings.health_port,
          "Port for GET /health, /livez, /readyz, /metrics and /rooms alone. Default: the one after --port")
      ->envname("WS_HEALTH_PORT")
      ->check(CLI::Range(0, 65535));
  command
      .add_flag(
          "--reuse-port", settings.reuse_port,
          "Let a second server of the same user listen on the same ports, to take over: start the new one, "
          "then send the old one SIGTERM (PostgreSQL; an SQLite file is served by one process)")
      ->envname("WS_REUSE_PORT");
  command
      .add_option(
          "--drain-timeout", settings.drain_timeout,
          "From SIGTERM to the end at most: 9s, 1m. A quarter of it, at most 2 s, is kept for saying goodbye")
      ->envname("WS_DRAIN_TIMEOUT")
      ->capture_default_str();
  declare_database_option(command, settings.database);
  declare_history_option(command, settings.history);
  declare_auth_options(command, settings.auth);
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
      .add_option("--max-room-backlog-bytes", settings.max_room_backlog_bytes,
                  "Make a document read-only while more than this of it waits for the database")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-backlog-bytes", settings.max_backlog_bytes,
                  "Make documents read-only while more than this of all of them waits for the database")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-message-bytes", settings.max_message_bytes,
                  "Close a connection that sends a longer message (1009)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  declare_limit_options(command, settings.limits);
  declare_log_options(command, settings.log);
  command.footer(serve_manual);
}

// Waits for a PostgreSQL server that is not there yet. An SQLite file that is not to be had is served by
// another process: no use waiting.
template <class Open>
auto open_patiently(const db::Database& database, Open open) {
  const auto deadline = std::chrono::steady_clock::now() + reach_timeout;
  for (milliseconds delay = first_retry_delay;; delay = std::min(2 * delay, longest_retry_delay)) {
    auto opened = open();
    if (opened || opened.error().code != Errc::unavailable || database.kind == db::Database::Kind::sqlite ||
        std::chrono::steady_clock::now() + delay > deadline) {
      return opened;
    }
    log::warning("database.unreachable", {{"database", database.description()},
                                          {"reason", opened.error().message},
                                          {"retry_in_ms", delay.count()}});
    std::this_thread::sleep_for(delay);
  }
}

// On a port that is to be chosen nobody could ask, and on a shared one the predecessor answers.
Result<std::unique_ptr<server::StartingServer>> answer_while_starting(const server::Options& options) {
  if (const std::optional<int> passed = options.passed_sockets.health) {
    const int socket = dup(*passed);  // the server wants the other one
    if (socket < 0)
      return Error{Errc::io, "the health socket that was passed cannot be shared: " +
                                 std::string(std::strerror(errno))};
    return server::StartingServer::open({}, 0, socket);
  }
  if (options.health_port == 0 || options.port_sharing == net::PortSharing::with_successor)
    return std::unique_ptr<server::StartingServer>();
  return server::StartingServer::open(options.host, options.health_port);
}

// Destroys the server. A thread of it may be in a call to a database that does not answer, which nothing can
// break off: then the process ends here. What was committed is safe, and nothing else was acknowledged.
void close_in_time(std::unique_ptr<server::Server> server, milliseconds patience, int exit_code) {
  std::promise<void> closed;
  std::thread guard([patience, exit_code, is_closed = closed.get_future()] {
    if (is_closed.wait_for(patience) == std::future_status::ready) return;
    log::warning("server.not_closed", {{"meaning", "ends without waiting for the database any longer"}});
    log::tell_all_suppressed();
    std::_Exit(exit_code);
  });
  server.reset();
  log::tell_all_suppressed();
  closed.set_value();
  guard.join();
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_store(const db::Database& database,
                                                 const store::StoreOptions& options) {
  return store::open_store(database, options, crdt::merge_updates);
}

void add_serve_command(CLI::App& app, Command& chosen, const OpenStore& open) {
  const auto [command, settings] =
      add_command<ServeSettings>(app, chosen, "serve", "Serve documents over WebSocket",
                                 [open](const ServeSettings& given) { return serve(given, open); });
  declare_options(*command, *settings);
}

int serve(const ServeSettings& settings, const OpenStore& open) {
  const LogSignals signals(settings.log);
  if (const Result<void> logging = settings.log.apply(); !logging) return fail(logging.error());
  const auto database = settings.database.parse();
  if (!database) return fail(database.error());
  if (const auto checked = check_auth(settings.auth, *database); !checked) return fail(checked.error());
  const auto history = settings.history.parse();
  if (!history) return fail(history.error());
  auto options = make_options(settings);
  if (!options) return fail(options.error());
  const auto passed_sockets = server::take_passed_sockets();
  if (!passed_sockets) return fail(passed_sockets.error());
  options->passed_sockets = *passed_sockets;
  auto operators = operator_secrets(settings.auth, *database);
  if (!operators) return fail(operators.error());
  options->operator_secrets = std::move(*operators);
  auto starting = answer_while_starting(*options);
  if (!starting) return fail(starting.error());
  auto store =
      open_patiently(*database, [&] { return open(*database, {.history = history->value_or(seconds(0))}); });
  if (!store) return fail(store.error());
  auto gatekeeper = open_patiently(*database, [&] { return make_gatekeeper(settings.auth, *database); });
  if (!gatekeeper) return fail(gatekeeper.error());
  starting->reset();  // the server wants the port
  auto server = server::Server::open(std::move(*options), std::move(*store), std::move(*gatekeeper));
  if (!server) return fail(server.error());
  if (!settings.host.empty() && settings.auth.kind_for(*database) == AuthSettings::Kind::guest) {
    log::warning("server.guests_allowed",
                 {{"host", settings.host},
                  {"meaning", "everybody who can reach this address may read and change every document"}});
  }
  const Result<void> ran = (*server)->run();
  const int exit_code = ran ? succeeded : fail(ran.error());
  const milliseconds patience = (*server)->time_left();
  close_in_time(std::move(*server), patience, exit_code);
  return exit_code;
}

}  // namespace canvas
