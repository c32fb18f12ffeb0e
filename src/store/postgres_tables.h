// The tables in a PostgreSQL database.
#pragma once

#include <memory>
#include <string>

#include "store/postgres_sql.h"
#include "store/tables.h"

namespace canvas::store {

// What a connection is for, and so how long it waits for a silent database: 10 s, but 5 minutes for folds and
// a day for what somebody has typed. The server's take only a database that can be written to. The writer's
// says on every (re)connection whether another server works on the same database.
enum class PostgresRole { writer, loader, folder, command };

// Connects when it is first used, and again when a connection is lost. `target` is a connection string.
std::unique_ptr<Tables> make_postgres_tables(std::string target, std::shared_ptr<const PostgresSql> sql,
                                             PostgresRole role);

}  // namespace canvas::store
