// Which database there is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas::db {

// What a setting such as DATABASE_URL names.
struct Database {
  enum class Kind { sqlite, postgres };
  Kind kind;
  std::string target;  // sqlite: the file; postgres: a connection string, as libpq takes it

  // For messages and logs: without a password.
  std::string description() const;
};

// Takes sqlite:FILE, postgres://..., postgresql://..., or libpq's keywords (host=... dbname=...). Fails with
// Errc::invalid_use, in words that hold nothing of a password.
Result<Database> parse_database(std::string_view text);

}  // namespace canvas::db
