// canvas-ws document export
#include <unistd.h>

#include <iostream>

#include "base/time_text.h"
#include "crdt/merge.h"
#include "main/console.h"
#include "main/document.h"
#include "main/files.h"

namespace canvas {
namespace {

struct ExportSettings {
  DatabaseSetting database;
  std::string document;
  std::string at;
  std::string format = "update";
  std::string output = "-";
};

constexpr const char* manual =
    R"(Gives the whole document as one Yjs update in format v1, which Y.applyUpdate and document import take.

--at gives it as it was then, with text that has been deleted since, as far back as history is kept
(serve --history, document history). It takes a time (2026-01-31T12:00:00Z, 2026-01-31T13:00:00+01:00), a
date (its midnight in UTC), or so long ago (90s, 30m, 2h, 7d).

To bring an older text back, apply the export to an empty document and copy the text out of it: importing
it into the same document changes nothing, since what was deleted since stays deleted.

Examples:
  canvas-ws document export plan --output plan.update
  canvas-ws document export plan --at 2h > plan-two-hours-ago.update)";

Result<Bytes> present_state(store::Tables& tables, const std::string& document) {
  const auto rows = tables.read(document);
  if (!rows) return rows.error();
  const store::StoredDocument& stored = rows->document;
  if (!stored.damages.empty()) {
    return Error{Errc::malformed,
                 damage_text(document, stored.damages.front()) +
                     "\ncanvas-ws document verify says all that is damaged; with --set-aside "
                     "the rest can be exported"};
  }
  std::vector<BytesView> parts;
  if (!stored.state.empty()) parts.emplace_back(stored.state);
  for (const store::StoredUpdate& update : stored.updates) parts.emplace_back(update.bytes);
  auto merged = crdt::merge_updates(parts);
  if (!merged) {
    return Error{Errc::malformed, document_text(document) + " cannot be read: " + merged.error().message +
                                      "\ncanvas-ws document verify says which part it is"};
  }
  return merged;
}

Result<Bytes> state_at(store::Tables& tables, const ExportSettings& settings) {
  const auto now = std::chrono::system_clock::now();
  const auto time = parse_moment(settings.at, now);
  if (!time) return Error{Errc::invalid_use, "--at: " + time.error().message};
  return store::document_at(tables, settings.document, *time, crdt::merge_updates);
}

int export_document(const ExportSettings& settings) {
  if (settings.output == "-" && is_terminal(STDOUT_FILENO)) {
    return fail(
        {Errc::invalid_use,
         "an update is no text for a terminal: name a file with --output FILE, or redirect the output"});
  }
  const auto tables = open_tables(settings.database, store::Use::read);
  if (!tables) return fail(tables.error());
  if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
  const auto update =
      settings.at.empty() ? present_state(**tables, settings.document) : state_at(**tables, settings);
  if (!update) return fail(update.error());
  if (const auto written = write_file(settings.output, *update); !written) return fail(written.error());
  return succeeded;
}

}  // namespace

void add_export_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<ExportSettings>(
      documents, chosen, "export", "Write a document, as it is or was, to a file", export_document);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_option("--at", settings->at, "As it was then: a time, a date, or so long ago (2h)");
  command->add_option("--format", settings->format, "update: one Yjs update in format v1")
      ->check(CLI::IsMember({"update"}))
      ->capture_default_str();
  command
      ->add_option("--output", settings->output,
                   "The file to write; - is standard output, unless that is a terminal")
      ->capture_default_str();
  declare_database_option(*command, settings->database);
  command->footer(manual);
}

}  // namespace canvas
