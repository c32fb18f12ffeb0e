#include "main/document.h"

#include <algorithm>

#include "base/terminal_text.h"
#include "crdt/update_reader.h"
#include "main/console.h"

namespace canvas {
namespace {

// Each damage once, in the order in which they were found.
class DamageList {
public:
  void add(store::Damage damage) {
    const bool is_known = std::any_of(damages_.begin(), damages_.end(),
                                      [&](const store::Damage& known) { return known.row == damage.row; });
    if (!is_known) damages_.push_back(std::move(damage));
  }

  void check(std::optional<std::int64_t> row, BytesView update) {
    if (const auto checked = crdt::check_update(update); !checked) {
      add({row, "it is no Yjs update: " + checked.error().message});
    }
  }

  std::vector<store::Damage> take() { return std::move(damages_); }

private:
  std::vector<store::Damage> damages_;
};

}  // namespace

void add_document_commands(CLI::App& app, Command& chosen) {
  CLI::App& documents = *app.add_subcommand("document", "List, export, import, verify, ... stored documents");
  documents.require_subcommand(1);
  documents.footer(
      "Works on the database, beside a running server or without one: a PostgreSQL database always; an "
      "SQLite\n"
      "file, while it is served, only for what does not change it (list, export, verify, history).\n"
      "\n"
      "ID is the name of a document, as clients connect to it; put -- before one that begins with a dash.\n"
      "canvas-ws document COMMAND --help is the manual of a command.");
  add_list_command(documents, chosen);
  add_export_command(documents, chosen);
  add_import_command(documents, chosen);
  add_verify_command(documents, chosen);
  add_compact_command(documents, chosen);
  add_delete_command(documents, chosen);
  add_history_command(documents, chosen);
}

Result<std::unique_ptr<store::Tables>> open_tables(const DatabaseSetting& setting, store::Use use) {
  const auto database = setting.parse();
  if (!database) return database.error();
  return store::open_tables(*database, use);
}

Result<void> check_exists(store::Tables& tables, const std::string& document) {
  const auto exists = tables.exists(document);
  if (!exists) return exists.error();
  if (*exists) return {};
  return Error{Errc::not_found,
               "there is no " + document_text(document) + " (canvas-ws document list shows what there is)"};
}

Result<std::vector<std::string>> choose_documents(store::Tables& tables, const std::string& document) {
  if (!document.empty()) {
    if (const auto exists = check_exists(tables, document); !exists) return exists.error();
    return std::vector{document};
  }
  std::vector<std::string> all;
  const auto listed =
      tables.list([&](const store::DocumentSummary& summary) { all.push_back(summary.document); });
  if (!listed) return listed.error();
  return all;
}

Result<std::vector<store::Damage>> find_damages(store::Tables& tables, const std::string& document) {
  DamageList damages;
  auto stored = tables.read(document);
  if (!stored) return stored.error();
  for (store::Damage& damage : stored->document.damages) damages.add(std::move(damage));
  if (!stored->document.state.empty()) damages.check(std::nullopt, stored->document.state);
  for (const store::StoredUpdate& update : stored->document.updates) damages.check(update.row, update.bytes);
  auto history = tables.read_history(document);
  if (!history) return history.error();
  for (store::Damage& damage : history->damages) damages.add(std::move(damage));
  for (const store::HistoryRow& row : history->rows) damages.check(row.row, row.update);
  return damages.take();
}

std::string damage_text(const std::string& document, const store::Damage& damage) {
  return document_text(document) + ": " + damage.where() + ": " + printable(damage.reason);
}

}  // namespace canvas
