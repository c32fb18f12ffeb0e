// The embedded store: one SQLite file.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace canvas::store {

// Write-ahead log, synchronous FULL: what is committed survives a power cut. The tables are those of the app
// (docs/storage.md); one process at a time serves a file, and a lock beside it (FILE.lock) keeps others from
// it.
//
// Makes the file and its tables when they are missing. Fails with Errc::unavailable when another process
// serves the file, Errc::unsupported when its tables are of a version that this program does not know, else
// Errc::io.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, Merge merge);

}  // namespace canvas::store
