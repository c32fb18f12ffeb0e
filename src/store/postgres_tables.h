// The tables in a PostgreSQL database.
#pragma once

#include <memory>
#include <string>

#include "store/postgres_sql.h"
#include "store/tables.h"

namespace canvas::store {

// What a connection is for: the one that writes says on every (re)connection whether another server works on
// the same database, and sees to it that a commit is on disk when it is answered.
enum class PostgresRole { writer, other };

// Connects when it is first used, and again when a connection is lost. `target` is a connection string.
std::unique_ptr<Tables> make_postgres_tables(std::string target, std::shared_ptr<const PostgresSql> sql,
                                             PostgresRole role);

}  // namespace canvas::store
