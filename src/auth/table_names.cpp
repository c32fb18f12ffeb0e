#include "auth/table_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "auth/text_internal.h"

namespace canvas::auth {
namespace {

struct Wanted {
  std::string name;
  std::vector<std::string> needed;    // without one of them it is another table
  std::vector<std::string> optional;  //
  Table AccessTables::*found;
  bool can_be_renamed = true;
};

const std::array<Wanted, 9>& wanted_tables() {
  static const std::array<Wanted, 9> wanted{{
      {"session", {"id", "token", "expiresAt", "userId"}, {"impersonatedBy"}, &AccessTables::session},
      {"user", {"id"}, {"role", "banned", "banExpires"}, &AccessTables::user},
      {"verification", {"identifier", "value", "expiresAt"}, {}, &AccessTables::verification},
      {"jwks", {"id", "publicKey"}, {"expiresAt"}, &AccessTables::jwks},
      {"member", {"organizationId", "userId", "role"}, {}, &AccessTables::member},
      {"organizationRole", {"organizationId", "role", "permission"}, {}, &AccessTables::organization_role},
      {"diagram", {"id", "owner_id", "organization_id", "visibility"}, {}, &AccessTables::diagram, false},
      {"diagram_member",
       {"diagram_id", "user_id", "role", "expires_at"},
       {},
       &AccessTables::diagram_member,
       false},
      {"diagram_share_link",
       {"diagram_id", "token_hash", "role", "expires_at"},
       {},
       &AccessTables::diagram_share_link,
       false},
  }};
  return wanted;
}

// Of a table that is wanted.
const std::vector<std::string>& needed_of(const std::string& table) {
  return std::ranges::find(wanted_tables(), table, &Wanted::name)->needed;
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// As it is, in snake_case, and in lower case.
std::vector<std::string> spellings(const std::string& name) {
  std::string snake;
  std::string low;
  for (const char c : name) {
    if (c != lower(c)) snake += '_';
    snake += lower(c);
    low += lower(c);
  }
  std::vector<std::string> all{name};
  if (snake != name) all.push_back(snake);
  if (low != name) all.push_back(low);
  return all;
}

// Whether it is TABLE or TABLE.COLUMN of those that can be renamed.
bool is_known(std::string_view name) {
  const std::size_t dot = name.find('.');
  const std::string_view table = name.substr(0, dot);
  for (const Wanted& wanted : wanted_tables()) {
    if (!wanted.can_be_renamed || wanted.name != table) continue;
    if (dot == std::string_view::npos) return true;
    const std::string_view column = name.substr(dot + 1);
    return std::ranges::find(wanted.needed, column) != wanted.needed.end() ||
           std::ranges::find(wanted.optional, column) != wanted.optional.end();
  }
  return false;
}

// The table as it is when its columns are these; without a name when one that is needed is missing, which
// goes to `missing`.
struct Match {
  Table table;
  std::string missing;  // the first column that is needed
};

Match match(const NameMap& names, const Wanted& wanted, const TableName& name, const TableColumns& there) {
  Match matched;
  const auto find = [&](const std::string& column) {
    for (const std::string& spelling : names.columns(wanted.name, column)) {
      const auto found = there.find(spelling);
      if (found == there.end()) continue;
      matched.table.columns.emplace(column, Table::Column{found->first, found->second});
      return true;
    }
    return false;
  };
  for (const std::string& column : wanted.needed) {
    if (!find(column) && matched.missing.empty()) matched.missing = column;
  }
  for (const std::string& column : wanted.optional) find(column);
  if (matched.missing.empty()) matched.table.name = name;
  return matched;
}

constexpr const char* rename_hint =
    "; when it has another name, --auth-names (WS_AUTH_NAMES) says so, as in \"";

Error no_table(const std::string& table) {
  if (table == "session") {
    return {
        Errc::unsupported,
        "there is no table of Better Auth's sessions (session, sessions). Sessions that Better Auth keeps "
        "only in a secondary storage such as Redis, without storeSessionInDatabase, cannot be read" +
            std::string(rename_hint) + "session=auth_session\""};
  }
  return {Errc::unsupported,
          "there is no table " + table + " of Better Auth" + rename_hint + table + "=auth_" + table + "\""};
}

Error no_column(const std::string& logical, const TableName& table, const std::string& column) {
  return {Errc::unsupported, "the table " + table.quoted() + " has no column " + column + rename_hint +
                                 logical + "." + column + "=my_column\""};
}

// The first table under one of its names that has what is needed.
Result<Table> find_table(const NameMap& names, const Wanted& wanted, const ReadColumns& read) {
  const bool is_needed = wanted.name == "session" || wanted.name == "user";
  std::optional<Error> lacking;
  const std::vector<TableName> ours{{"", wanted.name}};
  for (const TableName& name : wanted.can_be_renamed ? names.tables(wanted.name) : ours) {
    const Result<TableColumns> there = read(name);
    if (!there) return there.error();
    if (there->empty()) continue;
    Match matched = match(names, wanted, name, *there);
    if (matched.missing.empty()) return std::move(matched.table);
    if (!lacking) lacking = no_column(wanted.name, name, matched.missing);
  }
  if (!is_needed) return Table{};
  return lacking ? *lacking : no_table(wanted.name);
}

std::string describe(const std::string& logical, const Table& table) {
  if (!table.is_there()) return logical + ": none";
  std::string line = logical + ": " + table.name.quoted() + " (";
  const char* separator = "";
  for (const auto& [_, column] : table.columns) {
    line.append(separator).append(column.name).append(" ").append(column.type);
    separator = ", ";
  }
  return line + ")";
}

std::vector<std::string> describe(const AccessTables& tables) {
  std::vector<std::string> lines;
  for (const Wanted& wanted : wanted_tables()) lines.push_back(describe(wanted.name, tables.*wanted.found));
  return lines;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string TableName::quoted() const {
  return schema.empty() ? quote_identifier(name) : quote_identifier(schema) + "." + quote_identifier(name);
}

std::string Table::column(std::string_view alias, std::string_view column) const {
  return std::string(alias) + "." + quote_identifier(columns.find(column)->second.name);
}

DirectoryLayout AccessTables::layout() const {
  return {.description = describe(*this), .has_bans = user.has("banned"), .has_roles = user.has("role")};
}

Result<NameMap> NameMap::parse(std::string_view text) {
  NameMap map;
  while (!text.empty()) {
    const std::string_view pair = trim(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(text.size(), text.find(',') == text.npos ? text.size() : text.find(',') + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string left(trim(pair.substr(0, equals)));
    const std::string right(equals == pair.npos ? "" : trim(pair.substr(equals + 1)));
    if (left.empty() || right.empty() || right.find('=') != right.npos || right.find('\0') != right.npos) {
      return Error{Errc::invalid_use,
                   "names are NAME=NAME, parted by commas, and \"" + std::string(pair) + "\" is not one"};
    }
    if (!is_known(left)) {
      return Error{Errc::invalid_use,
                   "\"" + left + "\" is no table or column of Better Auth that is read; on the left stands " +
                       "its own name, as in session.expiresAt=valid_until"};
    }
    if (!map.names_.emplace(left, right).second) {
      return Error{Errc::invalid_use, "\"" + left + "\" is named twice"};
    }
  }
  return map;
}

std::vector<TableName> NameMap::tables(const std::string& table) const {
  if (const auto named = names_.find(table); named != names_.end()) {
    const std::size_t dot = named->second.find('.');
    if (dot == std::string::npos) return {{"", named->second}};
    return {{named->second.substr(0, dot), named->second.substr(dot + 1)}};
  }
  std::vector<TableName> names;
  for (const std::string& spelling : spellings(table)) names.push_back({"", spelling});
  if (table.ends_with('s')) return names;
  for (const std::string& spelling : spellings(table + "s")) names.push_back({"", spelling});
  return names;
}

std::vector<std::string> NameMap::columns(const std::string& table, const std::string& column) const {
  const auto named = names_.find(table + "." + column);
  return named != names_.end() ? std::vector{named->second} : spellings(column);
}

Result<AccessTables> find_tables(const NameMap& names, const ReadColumns& read) {
  AccessTables tables;
  for (const Wanted& wanted : wanted_tables()) {
    Result<Table> found = find_table(names, wanted, read);
    if (!found) return found.error();
    tables.*wanted.found = std::move(*found);
  }
  return tables;
}

Table table_to_be(const std::string& table) {
  Table made{{"", table}, {}};
  for (const std::string& column : needed_of(table))
    made.columns.emplace(column, Table::Column{column, "text"});
  return made;
}

Error lacks_columns(const std::string& table, const TableColumns& there) {
  std::string missing;
  for (const std::string& column : needed_of(table)) {
    if (!there.contains(column)) missing.append(missing.empty() ? "" : ", ").append(column);
  }
  return {Errc::unsupported, "there is a table " + table + " that is not canvas-ws's: it has no " + missing};
}

Result<void> check_permissions(const AccessTables& tables, const DirectoryOptions& options) {
  if (options.permissions != PermissionRules::Kind::diagram || tables.have_diagrams()) return {};
  return Error{
      Errc::unsupported,
      "the tables diagram, diagram_member and diagram_share_link are not there, or lack columns; run: "
      "canvas-ws migrate --with-diagrams"};
}

}  // namespace canvas::auth
