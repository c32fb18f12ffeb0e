#include "main/document.h"

#include <algorithm>

#include "base/terminal_text.h"
#include "base/time_text.h"
#include "crdt/merge.h"
#include "crdt/update_reader.h"
#include "main/console.h"

namespace canvas {
namespace {

constexpr const char* documents_manual =
    R"(Works on the database, beside a running server or without one: a PostgreSQL database always; an SQLite
file, while it is served, only for what does not change it (list, export, verify, history).

ID is the name of a document, as clients connect to it; put -- before one that begins with a dash.
canvas-ws document COMMAND --help is the manual of a command.)";

std::string undecodable(const Error& error) {
  return "it is no Yjs update (" + error.message + ")";
}

void check_part(std::vector<store::Damage>& damages, std::optional<std::int64_t> row, BytesView update) {
  const auto checked = crdt::check_update(update);
  if (!checked) damages.push_back({row, undecodable(checked.error())});
}

// Where no base is kept, the history begins with the present state, which has been looked at already.
void add_history(DamageReport& report, const store::History& history) {
  const std::size_t present_parts = report.parts.size();
  for (const store::Damage& damage : history.damages) {
    const bool is_known = std::ranges::any_of(
        report.parts, [&](const store::Damage& known) { return known.row == damage.row; });
    if (!damage.row && history.base_is_kept) {
      report.base_reason = damage.reason;
    } else if (!is_known) {
      report.parts.push_back(damage);
    }
  }
  if (history.base_is_kept && !history.base.empty()) {
    if (const auto checked = crdt::check_update(history.base); !checked) {
      report.base_reason = undecodable(checked.error());
    }
  }
  for (const store::HistoryRow& row : history.rows) {
    if (row.is_folded) check_part(report.parts, row.row, row.update);
  }
  report.history_is_damaged = !report.base_reason.empty() || report.parts.size() > present_parts;
}

}  // namespace

void add_document_commands(CLI::App& app, Command& chosen) {
  CLI::App& documents = *app.add_subcommand("document", "List, export, import, verify, ... stored documents");
  documents.footer(documents_manual);
  add_list_command(documents, chosen);
  add_export_command(documents, chosen);
  add_import_command(documents, chosen);
  add_verify_command(documents, chosen);
  add_compact_command(documents, chosen);
  add_delete_command(documents, chosen);
  add_history_command(documents, chosen);
  add_restore_command(documents, chosen);
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

Result<Bytes> state_at(store::Tables& tables, const std::string& document, std::string_view moment) {
  const auto time = parse_moment(moment, std::chrono::system_clock::now());
  if (!time) return Error{Errc::invalid_use, "--at: " + time.error().message};
  return store::document_at(tables, document, *time, crdt::merge_updates);
}

Result<void> append_update(store::Tables& tables, const std::string& document, Bytes update) {
  store::Append append{};
  append.document = std::make_shared<const std::string>(document);
  append.owner = std::make_shared<const Bytes>(std::move(update));
  append.update = *append.owner;
  append.time = std::chrono::system_clock::now();
  return tables.append({&append, 1});
}

Result<DamageReport> find_damage(store::Tables& tables, const std::string& document) {
  DamageReport report;
  auto stored = tables.read(document);
  if (!stored) return stored.error();
  report.parts = std::move(stored->document.damages);
  if (!stored->document.state.empty()) check_part(report.parts, std::nullopt, stored->document.state);
  for (const store::StoredUpdate& update : stored->document.updates) {
    check_part(report.parts, update.row, update.bytes);
  }
  const auto history = tables.read_history(document, std::nullopt);
  if (!history) return history.error();
  add_history(report, *history);
  return report;
}

Result<void> set_damage_aside(store::Tables& tables, const std::string& document,
                              const DamageReport& report) {
  if (!report.parts.empty()) {
    if (auto set_aside = tables.set_aside(document, report.parts); !set_aside) return set_aside;
  }
  // Without one of its parts it would show what never was.
  if (!report.history_is_damaged) return {};
  const auto gone = tables.trim({.document = document, .rows = {}, .base = std::nullopt, .base_time = {}});
  if (!gone) return gone.error();
  return {};
}

std::vector<std::string> DamageReport::lines(const std::string& document) const {
  std::vector<std::string> lines;
  for (const store::Damage& damage : parts) lines.push_back(damage_text(document, damage));
  if (!base_reason.empty()) {
    lines.push_back(document_text(document) + ": what its history begins with: " + printable(base_reason));
  }
  return lines;
}

std::string damage_text(const std::string& document, const store::Damage& damage) {
  return document_text(document) + ": " + damage.where() + ": " + printable(damage.reason);
}

}  // namespace canvas
