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

int export_document(const ExportSettings& settings) {
  if (settings.output == "-" && is_terminal(STDOUT_FILENO)) {
    return fail(
        {Errc::invalid_use,
         "an update is no text for a terminal: name a file with --output FILE, or redirect the output"});
  }
  const auto tables = open_tables(settings.database, store::Use::read);
  if (!tables) return fail(tables.error());
  if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
  const auto update = settings.at.empty() ? present_state(**tables, settings.document)
                                          : state_at(**tables, settings.document, settings.at);
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
