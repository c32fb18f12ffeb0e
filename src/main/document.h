// canvas-ws document: what can be done with stored documents by hand. Each command has a file of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "main/command.h"
#include "main/store_options.h"
#include "store/database.h"

namespace canvas {

void add_document_commands(CLI::App& app, Command& chosen);

void add_list_command(CLI::App& documents, Command& chosen);
void add_export_command(CLI::App& documents, Command& chosen);
void add_import_command(CLI::App& documents, Command& chosen);
void add_verify_command(CLI::App& documents, Command& chosen);
void add_compact_command(CLI::App& documents, Command& chosen);
void add_delete_command(CLI::App& documents, Command& chosen);
void add_history_command(CLI::App& documents, Command& chosen);
void add_restore_command(CLI::App& documents, Command& chosen);

// What they share.

Result<std::unique_ptr<store::Tables>> open_tables(const DatabaseSetting& setting, store::Use use);

// Fails with Errc::not_found when nobody has ever written to it.
Result<void> check_exists(store::Tables& tables, const std::string& document);

// `document` alone when it is not empty; else all there are.
Result<std::vector<std::string>> choose_documents(store::Tables& tables, const std::string& document);

// The document as it is, and as it was at the time that `moment` names (--at), as one update in format v1. A
// document with damage is Errc::malformed.
Result<Bytes> present_state(store::Tables& tables, const std::string& document);
Result<Bytes> state_at(store::Tables& tables, const std::string& document, std::string_view moment);

// Adds an update to the log, without an author. After Errc::unavailable it may be there all the same.
Result<void> append_update(store::Tables& tables, const std::string& document, Bytes update);

// All that is damaged in a document and its history: what a checksum finds, and what does not decode.
struct DamageReport {
  std::vector<store::Damage> parts;
  std::string base_reason;          // why what the history begins with is damaged; empty when it is not
  bool history_is_damaged = false;  // that, or one of its rows

  bool empty() const { return parts.empty() && base_reason.empty(); }
  // One line each: "document 'NAME': log row 17: its checksum is wrong".
  std::vector<std::string> lines(const std::string& document) const;
};
Result<DamageReport> find_damage(store::Tables& tables, const std::string& document);

// Moves the damaged parts into quarantine. A history with a hole would show what never was: it goes.
Result<void> set_damage_aside(store::Tables& tables, const std::string& document, const DamageReport& report);

// "document 'NAME': log row 17: its checksum is wrong"
std::string damage_text(const std::string& document, const store::Damage& damage);

}  // namespace canvas
