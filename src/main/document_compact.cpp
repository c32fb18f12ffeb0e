// canvas-ws document compact
#include <iostream>

#include "crdt/merge.h"
#include "main/console.h"
#include "main/document.h"

namespace canvas {
namespace {

struct CompactSettings {
  DatabaseSetting database;
  HistorySetting history;
  std::string document;  // empty: all
};

constexpr const char* compact_manual =
    R"(Folds the log of a document, or of all, into its state: what a server does when the last member has left.
Content that was deleted goes; nobody's edit is lost. A document with damage is left as it is.

With --history the folded changes stay for so long, as with serve --history; older history goes. Give the
same as the server has: where history is kept and neither --history nor WS_ENABLE_UPDATE_LOG says for how
long, the command refuses.

Examples:
  canvas-ws document compact
  canvas-ws document compact plan --history 7d)";

// History goes only when somebody says so.
Result<store::StoreOptions> choose_history(store::Tables& tables, const HistorySetting& setting) {
  const auto given = setting.parse();
  if (!given) return given.error();
  if (*given) return store::StoreOptions{.history = **given};
  const auto kept = tables.find_history(std::nullopt, 1);
  if (!kept) return kept.error();
  if (kept->empty()) return store::StoreOptions{};
  return Error{
      Errc::invalid_use,
      "this database keeps history: say for how long, as serve does (--history 7d), or --history 0 to "
      "let it go"};
}

struct Totals {
  std::size_t documents = 0;
  std::size_t rows = 0;
  std::size_t log_bytes = 0;
  std::size_t state_bytes = 0;
  std::size_t damaged = 0;
};

// A server may fold the same document just then: the next attempt sees what it has left.
constexpr int max_attempts = 5;

Result<store::Compacted> compact_patiently(store::Tables& tables, const std::string& document,
                                           const store::StoreOptions& options) {
  for (int attempt = 1;; ++attempt) {
    auto compacted = store::compact_document(tables, document, options, crdt::merge_updates,
                                             std::chrono::system_clock::now());
    if (compacted || compacted.error().code != Errc::unavailable || attempt == max_attempts) return compacted;
  }
}

// Goes on past a document that cannot be read.
Result<void> compact_document(store::Tables& tables, const std::string& document,
                              const store::StoreOptions& options, Progress& progress, Totals& totals) {
  const auto compacted = compact_patiently(tables, document, options);
  progress.step();
  if (compacted) {
    ++totals.documents;
    totals.rows += compacted->rows;
    totals.log_bytes += compacted->log_bytes;
    totals.state_bytes += compacted->state_bytes;
    return {};
  }
  progress.hide();
  const Error error{compacted.error().code, document_text(document) + ": " + compacted.error().message};
  if (error.code != Errc::malformed) return error;
  say(error.message);
  ++totals.damaged;
  return {};
}

int compact(const CompactSettings& settings) {
  const auto tables = open_tables(settings.database, store::Use::write);
  if (!tables) return fail(tables.error());
  const auto documents = choose_documents(**tables, settings.document);
  if (!documents) return fail(documents.error());
  const auto options = choose_history(**tables, settings.history);
  if (!options) return fail(options.error());
  Totals totals;
  {
    Progress progress("compacting", documents->size());
    for (const std::string& document : *documents) {
      const auto done = compact_document(**tables, document, *options, progress, totals);
      if (!done) return fail(done.error());
    }
  }
  std::cout << count_text(totals.documents, "document") << " compacted: " << count_text(totals.rows, "row")
            << " of the log (" << size_text(totals.log_bytes) << ") folded into "
            << (totals.documents == 1 ? "a state" : "states") << " of " << size_text(totals.state_bytes)
            << "\n";
  if (totals.damaged == 0) return succeeded;
  say(count_text(totals.damaged, "document") +
      " left as it is, for damage: canvas-ws document verify says where, --set-aside puts it away");
  return failed;
}

}  // namespace

void add_compact_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] =
      add_command<CompactSettings>(documents, chosen, "compact", "Fold the log into the state", compact);
  command->add_option("ID", settings->document, "The document. Default: all");
  declare_history_option(*command, settings->history);
  declare_database_option(*command, settings->database);
  command->footer(compact_manual);
}

}  // namespace canvas
