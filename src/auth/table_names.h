// Where Better Auth's tables and columns are: their names in the database, by the names that Better Auth has
// for them (`session`, `expiresAt`).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory.h"
#include "base/result.h"

namespace canvas::auth {

struct TableName {
  std::string schema;  // empty: as the database finds it
  std::string name;

  // As it stands in SQL.
  std::string quoted() const;
};

// `name` as an identifier in SQL.
std::string quote_identifier(std::string_view name);

// A table of the database; a value. Columns go by Better Auth's names.
struct Table {
  struct Column {
    std::string name;
    std::string type;  // as the database calls it
  };
  TableName name;  // empty: there is no such table
  std::map<std::string, Column, std::less<>> columns;

  bool is_there() const { return !name.name.empty(); }
  bool has(std::string_view column) const { return columns.find(column) != columns.end(); }
  // `alias."name"`; the column is there.
  std::string column(std::string_view alias, std::string_view column) const;
  // Of a column that is there.
  const std::string& type(std::string_view column) const { return columns.find(column)->second.type; }
};

struct AccessTables {
  Table session;
  Table user;
  Table verification;
  Table jwks;
  Table member;
  Table organization_role;
  Table diagram;
  Table diagram_member;
  Table diagram_share_link;

  // What was found, but for the triggers.
  DirectoryLayout layout() const;
  // Whether all that `migrate --with-diagrams` makes is there.
  bool have_diagrams() const {
    return diagram.is_there() && diagram_member.is_there() && diagram_share_link.is_there();
  }
};

// What an operator calls otherwise.
class NameMap {
public:
  // "session=auth_session, user.role=app_role", where a table may be SCHEMA.NAME. Fails with
  // Errc::invalid_use on anything that is not such a list, or names what we do not know.
  static Result<NameMap> parse(std::string_view text);

  // The names to look for, the likeliest first: one when the operator says it.
  std::vector<TableName> tables(const std::string& table) const;
  std::vector<std::string> columns(const std::string& table, const std::string& column) const;

private:
  std::map<std::string, std::string> names_;
};

// The columns of a table and their types; none: there is no such table.
using TableColumns = std::map<std::string, std::string>;
using ReadColumns = std::function<Result<TableColumns>(const TableName&)>;

// Looks for the tables. Fails with Errc::unsupported when one that is needed is missing or lacks a column,
// and as `read` does.
Result<AccessTables> find_tables(const NameMap& names, const ReadColumns& read);

// For `migrate --with-diagrams`: one of its tables as it is made, but for the types of columns; and that the
// one which has its name lacks columns.
Table table_to_be(const std::string& table);
Error lacks_columns(const std::string& table, const TableColumns& there);

// Fails with Errc::unsupported when the permissions that are asked for need tables that are not there.
Result<void> check_permissions(const AccessTables& tables, const DirectoryOptions& options);

}  // namespace canvas::auth
