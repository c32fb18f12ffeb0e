// canvas-ws document import
#include <iostream>

#include "base/terminal_text.h"
#include "crdt/merge.h"
#include "main/console.h"
#include "main/document.h"
#include "main/files.h"
#include "protocol/document_name.h"

namespace canvas {
namespace {

struct ImportSettings {
  DatabaseSetting database;
  std::string document;
  std::string file;
};

// What a bytea of PostgreSQL and a blob of SQLite take with room to spare.
constexpr std::size_t max_import_bytes = 256u << 20;

constexpr const char* import_manual =
    R"(Merges a Yjs update in format v1 (as document export or Y.encodeStateAsUpdate give it) into a document,
which is made when it is missing. The update becomes one row of the log, without an author: nothing is
overwritten, edits of others stay, and importing the same twice changes nothing.

Where the document has damaged parts, these are set aside first, as document verify --set-aside does, and
the command says so: the document can then be edited again, with what is sound and what is imported.

Members who are connected see it when the server loads the document the next time: after the last of them
has left, or a restart. An SQLite file cannot be written while it is served.

Examples:
  canvas-ws document import plan plan.update
  canvas-ws document export plan --database sqlite:old.sqlite | canvas-ws document import plan -)";

Result<Bytes> read_update(const std::string& file) {
  auto bytes = read_file(file, max_import_bytes);
  if (!bytes) return bytes;
  const BytesView update(*bytes);
  if (const auto merged = crdt::merge_updates({&update, 1}); !merged) {
    return malformed((file == "-" ? "standard input" : file) +
                     " is no Yjs update in format v1: " + merged.error().message +
                     " (one in format v2 has to go through Y.convertUpdateFormatV2ToV1 first)");
  }
  return bytes;
}

Result<void> make_sound(store::Tables& tables, const std::string& document) {
  const auto report = find_damage(tables, document);
  if (!report) return report.error();
  if (auto done = set_damage_aside(tables, document, *report); !done) return done;
  for (const std::string& line : report->lines(document)) say("set aside: " + line);
  return {};
}

int import_document(const ImportSettings& settings) {
  if (const auto checked = protocol::check_document_name(settings.document); !checked) {
    return fail({Errc::invalid_use, "ID: " + checked.error().message});
  }
  auto update = read_update(settings.file);
  if (!update) return fail(update.error());
  const auto tables = open_tables(settings.database, store::Use::write);
  if (!tables) return fail(tables.error());
  if (const auto done = make_sound(**tables, settings.document); !done) return fail(done.error());
  const std::size_t size = update->size();
  if (const auto appended = append_update(**tables, settings.document, std::move(*update)); !appended) {
    const bool is_unclear = appended.error().code == Errc::unavailable;
    return fail(
        {appended.error().code,
         appended.error().message +
             (is_unclear ? "\nIt may have been imported all the same; doing it again does no harm" : "")});
  }
  std::cout << document_text(settings.document) << ": " << size_text(size) << " imported\n";
  return succeeded;
}

}  // namespace

void add_import_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<ImportSettings>(
      documents, chosen, "import", "Merge an update from a file into a document", import_document);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_option("FILE", settings->file, "The file; - is standard input")->required();
  declare_database_option(*command, settings->database);
  command->footer(import_manual);
}

}  // namespace canvas
