// canvas-ws document restore
#include <iostream>
#include <random>

#include "crdt/block_store.h"
#include "crdt/doc/restore.h"
#include "crdt/merge.h"
#include "main/auth_options.h"
#include "main/console.h"
#include "main/document.h"
#include "main/operator_client.h"

namespace canvas {
namespace {

struct RestoreSettings {
  DatabaseSetting database;
  std::string document;
  std::string at;
  std::string server;  // empty: the one of this machine, where there is one
  std::string secret_file;
  bool dry_run = false;
};

constexpr const char* restore_manual =
    R"(Makes the document what it was at a time, as far back as history is kept (serve --history, document
history). It is an edit like any other, on top of the present one: whoever is connected sees it at once, what
others edit meanwhile is merged, and nothing is destroyed, so a restore can be undone by another one.

--at takes a time (2026-01-31T12:00:00Z, 2026-01-31T13:00:00+01:00), a date (its midnight in UTC), or so long
ago (90s, 30m, 2h, 7d).

Where a server runs on this machine the edit goes through it (the health port; with --auth better-auth it asks
for the secret, which is taken from BETTER_AUTH_SECRET or --secret-file and is not sent). Where none answers it
is written to the database; a server elsewhere then shows it when it loads the document the next time.

Examples:
  canvas-ws document restore plan --at 30m
  canvas-ws document restore plan --at 2026-01-31T12:00:00Z --dry-run)";

// What the document is now, and an update that makes it what it was; empty when it is that.
struct Plan {
  crdt::StateVector known;
  Bytes update;
};

crdt::ClientId new_client() {
  std::random_device random;
  return crdt::ClientId{random()};
}

Result<Plan> make_plan(const Bytes& present, const Bytes& past) {
  crdt::BlockStore blocks;
  if (const auto applied = blocks.apply(present); !applied) return applied.error();
  auto restoring = crdt::restore_state(present, past, new_client());
  if (!restoring) return restoring.error();
  return Plan{blocks.state_vector(), restoring->changed ? std::move(restoring->update) : Bytes()};
}

bool covers(const crdt::StateVector& vector, const crdt::StateVector& other) {
  return std::ranges::all_of(other.entries(), [&](const crdt::StateVector::Entry& entry) {
    return vector.get(entry.client) >= entry.clock;
  });
}

// Sends the edit through a server that has the same document, on top of what only it has by now.
Result<Bytes> restore_through(OperatorClient& server, const Bytes& present, const Bytes& past,
                              const Plan& plan) {
  const auto live = server.compare(plan.known);
  if (!live) return live.error();
  if (!covers(live->state_vector, plan.known)) {
    return Error{Errc::invalid_use,
                 "the server does not have what is in the database: it serves another one. Name the right "
                 "--database, or the right --server"};
  }
  const std::array<BytesView, 2> parts{present, live->news};
  const auto newest = crdt::merge_updates(parts);
  if (!newest) return newest.error();
  auto newest_plan = make_plan(*newest, past);
  if (!newest_plan) return newest_plan.error();
  if (newest_plan->update.empty()) return Bytes();
  if (auto sent = server.send(newest_plan->update); !sent) return sent.error();
  return std::move(newest_plan->update);
}

Result<Bytes> restore_in_database(const RestoreSettings& settings, const Plan& plan) {
  const auto tables = open_tables(settings.database, store::Use::write);
  if (!tables) return tables.error();
  if (auto appended = append_update(**tables, settings.document, plan.update); !appended) {
    return appended.error();
  }
  return plan.update;
}

Result<std::unique_ptr<OperatorClient>> find_operator(const RestoreSettings& settings) {
  const auto server = find_server(settings.server);
  if (!server) return server.error();
  const auto secrets = read_secrets(settings.secret_file);
  if (!secrets) return secrets.error();
  return OperatorClient::open(*server, secrets->empty() ? std::string() : secrets->front(),
                              settings.document);
}

int report(const RestoreSettings& settings, std::size_t bytes, std::string_view how) {
  if (bytes == 0) {
    std::cout << document_text(settings.document) << " is what it was then: nothing to do\n";
  } else {
    std::cout << document_text(settings.document) << ": restored by an edit of " << size_text(bytes) << how
              << "\n";
  }
  return succeeded;
}

int restore(const RestoreSettings& settings) {
  Bytes present;
  Bytes past;
  {
    const auto tables = open_tables(settings.database, store::Use::read);
    if (!tables) return fail(tables.error());
    if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
    auto now = present_state(**tables, settings.document);
    if (!now) return fail(now.error());
    auto then = state_at(**tables, settings.document, settings.at);
    if (!then) return fail(then.error());
    present = std::move(*now);
    past = std::move(*then);
  }
  const auto plan = make_plan(present, past);
  if (!plan) return fail(plan.error());
  if (settings.dry_run) {
    if (plan->update.empty()) return report(settings, 0, "");
    std::cout << document_text(settings.document) << ": an edit of " << size_text(plan->update.size())
              << " would restore it\n";
    return succeeded;
  }
  const auto server = find_operator(settings);
  if (server) {
    const auto sent = restore_through(**server, present, past, *plan);
    return sent ? report(settings, sent->size(), ", which everybody who is connected has been sent")
                : fail(sent.error());
  }
  if (!settings.server.empty() || server.error().code != Errc::unavailable) return fail(server.error());
  if (plan->update.empty()) return report(settings, 0, "");
  const auto written = restore_in_database(settings, *plan);
  return written ? report(settings, written->size(), ", in the database") : fail(written.error());
}

}  // namespace

void add_restore_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] =
      add_command<RestoreSettings>(documents, chosen, "restore", "Make a document what it was", restore);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_option("--at", settings->at, "The time to go back to: a time, a date, or so long ago (2h)")
      ->required();
  command->add_flag("--dry-run", settings->dry_run, "Say what would be done, and change nothing");
  command->add_option(
      "--server", settings->server,
      "The server to go through: http://HOST:PORT of its health port. Default: this machine, WS_HEALTH_PORT, "
      "or the port after WS_PORT, or 3002; where none answers there, the database");
  command->add_option("--secret-file", settings->secret_file,
                      "A file with the secret of Better Auth. Default: BETTER_AUTH_SECRETS, "
                      "BETTER_AUTH_SECRET or AUTH_SECRET");
  declare_database_option(*command, settings->database);
  command->footer(restore_manual);
}

}  // namespace canvas
