// The tables in an SQLite file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "db/file_lock.h"
#include "db/sqlite.h"
#include "store/tables.h"

namespace canvas::store {

// Write-ahead log, synchronous FULL: what is committed survives a power cut. Makes the file when it is
// missing and `create` says so. Fails with Errc::not_found when it does not, Errc::unavailable when it is
// locked by somebody else, else Errc::io.
enum class Missing { create, fail };
Result<db::SqliteConnection> open_sqlite(const std::string& path, Missing missing);

// `connection` is to a file whose tables are of the version that this program knows; `lock` is held as long
// as these tables are used.
std::unique_ptr<Tables> make_sqlite_tables(db::SqliteConnection connection, std::optional<db::FileLock> lock);

}  // namespace canvas::store
