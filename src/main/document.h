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

// What they share.

Result<std::unique_ptr<store::Tables>> open_tables(const DatabaseSetting& setting, store::Use use);

// Fails with Errc::not_found when nobody has ever written to it.
Result<void> check_exists(store::Tables& tables, const std::string& document);

// `document` alone when it is not empty; else all there are.
Result<std::vector<std::string>> choose_documents(store::Tables& tables, const std::string& document);

// All that is damaged in a document and its history: what a checksum finds, and what does not decode.
Result<std::vector<store::Damage>> find_damages(store::Tables& tables, const std::string& document);

// "document 'NAME': log row 17: the checksum does not match"
std::string damage_text(const std::string& document, const store::Damage& damage);

}  // namespace canvas
