// canvas-ws document delete
#include <iostream>

#include "main/console.h"
#include "main/document.h"

namespace canvas {
namespace {

struct DeleteSettings {
  DatabaseSetting database;
  std::string document;
  bool yes = false;
};

constexpr const char* delete_manual =
    R"(Deletes a document with its log and its history, for good: export it first. Without --yes it says what
would go, and exits with 2.

Clients that have the document, connected now or in the store of a browser, bring it back with their next
connection: delete it where your app keeps track of it first, so that nobody opens it any more.

Example:
  canvas-ws document export plan --output plan.update && canvas-ws document delete plan --yes)";

Result<std::string> describe(store::Tables& tables, const std::string& document) {
  const auto stored = tables.read(document);
  if (!stored) return stored.error();
  const auto history = tables.read_history(document, std::nullopt);
  if (!history) return history.error();
  std::size_t kept = 0;
  for (const store::HistoryRow& row : history->rows) kept += row.is_folded ? 1 : 0;
  return document_text(document) + ": a state of " + size_text(stored->document.state.size()) + ", " +
         count_text(stored->document.updates.size(), "row") + " of the log (" +
         size_text(stored->document.log_bytes()) + "), " + count_text(kept, "row") + " kept as history";
}

int delete_document(const DeleteSettings& settings) {
  const auto tables = open_tables(settings.database, settings.yes ? store::Use::write : store::Use::read);
  if (!tables) return fail(tables.error());
  if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
  if (!settings.yes) {
    const auto description = describe(**tables, settings.document);
    if (!description) return fail(description.error());
    std::cout << "would delete " << *description << "\n";
    return fail({Errc::invalid_use, "nothing is deleted without --yes"});
  }
  const auto removed = (*tables)->remove(settings.document);
  if (!removed) return fail(removed.error());
  std::cout << document_text(settings.document)
            << (*removed ? " deleted\n" : " was deleted by somebody else\n");
  return succeeded;
}

}  // namespace

void add_delete_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<DeleteSettings>(
      documents, chosen, "delete", "Delete a document, its log and its history", delete_document);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_flag("--yes", settings->yes, "Do it");
  declare_database_option(*command, settings->database);
  command->footer(delete_manual);
}

}  // namespace canvas
