// How a database is opened: the way into this folder.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "store/store.h"
#include "store/tables.h"

namespace canvas::store {

using db::Database;

struct StoreOptions {
  // How long folded rows of the log stay, so that older states can be had; 0: they go at once.
  std::chrono::seconds history{0};
};

// For the server. Makes an SQLite file and its tables when they are missing, and brings older ones up to
// date; a PostgreSQL database must have been migrated. Fails with Errc::unavailable when the database cannot
// be reached or another process serves the file, Errc::unsupported when its tables are not those that this
// program knows (the message says the command to run), else Errc::io.
Result<std::unique_ptr<Store>> open_store(const db::Database& database, const StoreOptions& options,
                                          Merge merge);

// For the command line. `read` works beside a running server; `write` of an SQLite file needs the lock that a
// server holds. Fails as open_store does, and with Errc::not_found for a file that is missing.
enum class Use { read, write };
Result<std::unique_ptr<Tables>> open_tables(const db::Database& database, Use use);

// Brings the tables to the version of this program: in one transaction, alone (an advisory lock), doing only
// what is missing. Gives the SQL that it ran; empty when there was nothing to do. `plan` runs none of it.
enum class Migration { plan, run };
Result<std::vector<std::string>> migrate(const db::Database& database, Migration mode);

// Folds a document's log into its state, and trims its history. Does what Store::compact does; blocking.
Result<Compacted> compact_document(Tables& tables, const std::string& document, const StoreOptions& options,
                                   const Merge& merge, WallTime now);

// The document as it was at `time`, as an update in format v1. Fails with Errc::not_found when the history
// that is kept does not go back so far (the message says how far), Errc::malformed when a part that it needs
// is damaged.
Result<Bytes> document_at(Tables& tables, const std::string& document, WallTime time, const Merge& merge);

}  // namespace canvas::store
