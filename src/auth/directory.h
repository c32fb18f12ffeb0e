// The tables in which Better Auth keeps users and sessions, and those that say who may do what: the blocking
// interface to them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/jwt.h"
#include "auth/permissions.h"
#include "auth/session.h"
#include "base/result.h"
#include "db/database.h"

namespace canvas::auth {

// Through one connection, which is made again when it is lost. Belongs to one thread at a time, but for
// `interrupt`. It only reads, but for one-time tokens, which it consumes.
//
// Everything fails with Errc::unavailable while the database cannot be had, Errc::io or Errc::rejected when
// it refuses. Answers are in the order of what was asked; an empty one: there is none. Each is one statement,
// however many are asked.
class Directory {
public:
  virtual ~Directory() = default;

  // Sessions with their users, expired and banned ones too.
  virtual Result<std::vector<std::optional<Session>>> find_sessions(std::span<const std::string> tokens) = 0;
  virtual Result<std::vector<std::optional<Session>>> find_sessions_by_id(
      std::span<const std::string> ids) = 0;
  virtual Result<std::vector<std::optional<User>>> find_users(std::span<const std::string> ids) = 0;

  // Takes a one-time token, stored as it is or hashed, so that nobody else can; gives the session's token
  // when it had not run out.
  virtual Result<std::optional<std::string>> consume_one_time_token(const std::string& token) = 0;

  // The keys of JWTs; none where the plugin is not used.
  virtual Result<std::vector<StoredKey>> read_keys() = 0;

  // For find_actions.
  virtual Result<std::vector<DiagramFacts>> find_diagram_facts(std::span<const Question> questions) = 0;
  // Runs the operator's `query`, which outlives the directory, for each. What it returns, over all rows and
  // columns, is read as actions: text, text[] or rows of text, or booleans named view and edit.
  virtual Result<std::vector<Actions>> run_query(const std::string& query,
                                                 std::span<const Question> questions) = 0;

  // Any thread: whatever waits gives up soon, now and later.
  virtual void interrupt() = 0;
};

// What tells of changes as they happen: the triggers of `canvas-ws migrate --with-triggers`.
struct AccessChange {
  enum class Kind { session, user, document, everything };
  Kind kind;
  std::string id;
};

// Blocking, on a connection of its own. Belongs to one thread at a time, but for `interrupt`.
class ChangeFeed {
public:
  virtual ~ChangeFeed() = default;

  // Waits for changes, for half a minute at most. A connection that had to be made anew gives `everything`:
  // something may have been missed. Fails with Errc::unavailable while there is none.
  virtual Result<std::vector<AccessChange>> wait() = 0;
  virtual void interrupt() = 0;
};

// Which tables and columns there are, under which names.
struct DirectoryLayout {
  // What was found, for people: a line each.
  std::vector<std::string> description;
  bool has_triggers = false;  // all of them: whatever changes is told of
  bool has_feed = false;      // those of the sessions at least
  bool has_bans = false;
  bool has_roles = false;
};

// How a directory is opened.
class DirectoryOpener {
public:
  virtual ~DirectoryOpener() = default;
  virtual const DirectoryLayout& layout() const = 0;
  virtual std::unique_ptr<Directory> open() const = 0;
  // None where nothing tells of changes (SQLite, or no triggers on the sessions).
  virtual std::unique_ptr<ChangeFeed> open_feed() const = 0;
};

struct DirectoryOptions {
  db::Database database;
  // Names that differ: "session=auth_session, user.role=app_role". Table names may have a schema.
  std::string names;
  // What has to be there for it: the tables of `migrate --with-diagrams`, or that the query can be prepared.
  PermissionRules::Kind permissions = PermissionRules::Kind::role;
  std::string query;
};

// Looks at the tables: Better Auth 1.4 to 1.7, camelCase or snake_case, singular or plural. Fails with
// Errc::unsupported when a table or column that is needed is missing (the message names it and the setting),
// Errc::invalid_use when `names` makes no sense, Errc::unavailable when the database cannot be reached.
Result<std::unique_ptr<DirectoryOpener>> inspect_directory(const DirectoryOptions& options);

// The SQL that makes the tables of diagrams, and the triggers, where they are missing; both are asked for by
// `canvas-ws migrate`. Runs it in one transaction unless `plan_only`. Gives what was, or would be, run.
struct AccessMigration {
  bool with_diagrams = false;
  bool with_triggers = false;
  bool plan_only = false;
};
Result<std::vector<std::string>> migrate_access(const DirectoryOptions& options, const AccessMigration& what);

}  // namespace canvas::auth
