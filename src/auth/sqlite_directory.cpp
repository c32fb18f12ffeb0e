#include "auth/sqlite_directory.h"

#include <atomic>

#include "auth/signature.h"
#include "auth/sqlite_layout.h"
#include "base/utf8.h"
#include "db/sqlite_session.h"

namespace canvas::auth {
namespace {

using db::SqliteConnection;
using db::SqliteSession;
using db::SqliteStatement;

constexpr int busy_timeout_ms = 2000;

WallTime time_of(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const SqliteStatement& row, int column) {
  return std::string(row.text(column));
}

User user_of(const SqliteStatement& row, int first) {
  User user;
  user.id = row.text(first);
  if (!row.is_null(first + 1)) user.role = row.text(first + 1);
  user.is_banned = row.integer(first + 2) != 0;
  if (!row.is_null(first + 3)) user.ban_expires = time_of(row.integer(first + 3));
  return user;
}

User user_row(const SqliteStatement& row) {
  return user_of(row, 0);
}
Session session_row(const SqliteStatement& row) {
  return {text_of(row, 0), time_of(row.integer(1)), user_of(row, 3), text_of(row, 2)};
}

DiagramFacts::Visibility visibility_of(std::string_view word) {
  if (word == "public") return DiagramFacts::Visibility::everybody;
  if (word == "org") return DiagramFacts::Visibility::organization;
  return DiagramFacts::Visibility::restricted;
}

// Rows of one question differ in roles and permissions in the organization.
void add_facts(DiagramFacts& facts, const SqliteStatement& row) {
  facts.exists = true;
  facts.is_owner = row.integer(0) != 0;
  facts.visibility = visibility_of(row.text(1));
  facts.member_role = row.text(2);
  facts.link_role = row.text(3);
  facts.organization_roles = row.text(4);
  facts.is_in_organization = row.integer(5) != 0;
  if (!row.is_null(6)) facts.organization_permissions.push_back(text_of(row, 6));
}

void add_actions(Actions& actions, const SqliteStatement& row) {
  for (int column = 0; column < row.columns(); ++column) {
    if (row.is_text(column))
      actions = actions | parse_actions(row.text(column));
    else if (row.integer(column) != 0)
      actions = actions | parse_actions(row.name(column));
  }
}

class SqliteDirectory : public Directory {
public:
  SqliteDirectory(std::string path, std::shared_ptr<const SqliteStatements> statements)
      : path_(std::move(path)), statements_(std::move(statements)) {}

  Result<std::vector<std::optional<Session>>> find_sessions(std::span<const std::string> tokens) override {
    return find<Session>(statements_->session_by_token, tokens, session_row);
  }
  Result<std::vector<std::optional<Session>>> find_sessions_by_id(std::span<const std::string> ids) override {
    return find<Session>(statements_->session_by_id, ids, session_row);
  }
  Result<std::vector<std::optional<User>>> find_users(std::span<const std::string> ids) override {
    return find<User>(statements_->user, ids, user_row);
  }
  Result<std::optional<std::string>> consume_one_time_token(const std::string& token) override;
  Result<std::vector<StoredKey>> read_keys() override;
  Result<std::vector<DiagramFacts>> find_diagram_facts(std::span<const Question> questions) override;
  Result<std::vector<Actions>> run_query(const std::string& query,
                                         std::span<const Question> questions) override;
  void interrupt() override { is_interrupted_ = true; }

private:
  Result<SqliteSession*> session();

  // One answer for each of `asked`, all of one moment: `answer(session, one, T&)`.
  template <class T, class Asked, class Answer>
  Result<std::vector<T>> answer_all(std::span<const Asked> asked, Answer&& answer) {
    std::vector<T> answers(asked.size());
    const Result<SqliteSession*> opened = session();
    if (!opened) return opened.error();
    Result<db::SqliteTransaction> snapshot = (*opened)->snapshot();
    if (!snapshot) return snapshot.error();
    for (std::size_t at = 0; at < asked.size(); ++at) {
      if (is_interrupted_) return interrupted();
      if (const Result<void> found = answer(**opened, asked[at], answers[at]); !found) return found.error();
    }
    return answers;
  }
  template <class T>
  Result<std::vector<std::optional<T>>> find(const std::string& sql, std::span<const std::string> asked,
                                             T (*read)(const SqliteStatement&)) {
    return answer_all<std::optional<T>>(
        asked, [&](SqliteSession& session, const std::string& one, std::optional<T>& answer) {
          return session.each(
              sql.c_str(), [&](SqliteStatement& statement) { statement.bind(1, one); },
              [&](const SqliteStatement& row) { answer = read(row); });
        });
  }
  static Error interrupted() { return {Errc::unavailable, "the database is no longer waited for"}; }

  const std::string path_;
  const std::shared_ptr<const SqliteStatements> statements_;
  std::atomic<bool> is_interrupted_ = false;
  std::optional<SqliteSession> session_;
};

// A file that was there and has gone may come back.
Result<SqliteSession*> SqliteDirectory::session() {
  if (is_interrupted_) return interrupted();
  if (session_) return &*session_;
  Result<SqliteConnection> opened =
      SqliteConnection::open(path_, busy_timeout_ms, SqliteConnection::Missing::fail);
  if (!opened) return Error{Errc::unavailable, opened.error().message};
  session_.emplace(std::move(*opened));
  return &*session_;
}

Result<std::optional<std::string>> SqliteDirectory::consume_one_time_token(const std::string& token) {
  std::optional<std::string> found;
  if (statements_->take_verification.empty()) return found;
  const Result<SqliteSession*> opened = session();
  if (!opened) return opened.error();
  const std::string plain = "one-time-token:" + token;
  const std::string hashed = "one-time-token:" + sha256_base64url(token);
  const std::int64_t now = milliseconds_now();
  const Result<void> taken = (*opened)->each(
      statements_->take_verification.c_str(),
      [&](SqliteStatement& statement) {
        statement.bind(1, plain);
        statement.bind(2, hashed);
      },
      [&](const SqliteStatement& row) {
        if (row.integer(1) > now) found = text_of(row, 0);
      });
  if (!taken) return taken.error();
  return found;
}

Result<std::vector<StoredKey>> SqliteDirectory::read_keys() {
  std::vector<StoredKey> keys;
  if (statements_->keys.empty()) return keys;
  const Result<SqliteSession*> opened = session();
  if (!opened) return opened.error();
  const Result<void> read = (*opened)->each(
      statements_->keys.c_str(), [](SqliteStatement&) {},
      [&](const SqliteStatement& row) {
        StoredKey key{text_of(row, 0), text_of(row, 1), {}};
        if (!row.is_null(2)) key.expires_at = time_of(row.integer(2));
        keys.push_back(std::move(key));
      });
  if (!read) return read.error();
  return keys;
}

Result<std::vector<DiagramFacts>> SqliteDirectory::find_diagram_facts(std::span<const Question> questions) {
  if (statements_->facts.empty()) return std::vector<DiagramFacts>(questions.size());
  const std::int64_t now = milliseconds_now();
  return answer_all<DiagramFacts>(questions,
                                  [&](SqliteSession& session, const Question& question, DiagramFacts& facts) {
                                    return session.each(
                                        statements_->facts.c_str(),
                                        [&](SqliteStatement& statement) {
                                          statement.bind(1, question.user->id);
                                          statement.bind(2, question.document);
                                          statement.bind(3, question.share_hash);
                                          statement.bind(4, now);
                                        },
                                        [&](const SqliteStatement& row) { add_facts(facts, row); });
                                  });
}

Result<std::vector<Actions>> SqliteDirectory::run_query(const std::string& query,
                                                        std::span<const Question> questions) {
  return answer_all<Actions>(questions,
                             [&](SqliteSession& session, const Question& question, Actions& actions) {
                               return session.each(
                                   query.c_str(),
                                   [&](SqliteStatement& statement) {
                                     if (const int user = statement.parameter("$1"))
                                       statement.bind(user, question.user->id);
                                     if (const int document = statement.parameter("$2")) {
                                       statement.bind(document, question.document);
                                     }
                                   },
                                   [&](const SqliteStatement& row) { add_actions(actions, row); });
                             });
}

class SqliteOpener : public DirectoryOpener {
public:
  SqliteOpener(std::string path, const AccessTables& tables)
      : path_(std::move(path)),
        layout_(tables.layout()),
        statements_(std::make_shared<const SqliteStatements>(tables)) {}

  const DirectoryLayout& layout() const override { return layout_; }
  std::unique_ptr<Directory> open() const override {
    return std::make_unique<SqliteDirectory>(path_, statements_);
  }
  std::unique_ptr<ChangeFeed> open_feed() const override { return nullptr; }

private:
  const std::string path_;
  const DirectoryLayout layout_;
  const std::shared_ptr<const SqliteStatements> statements_;
};

Result<void> check_query(SqliteConnection& connection, const std::string& query) {
  const Result<SqliteStatement> prepared = connection.prepare(query);
  if (!prepared) return Error{Errc::invalid_use, "the query for permissions: " + prepared.error().message};
  if (prepared->is_read_only()) return {};
  return Error{Errc::invalid_use, "the query for permissions changes the database"};
}

}  // namespace

Result<std::unique_ptr<DirectoryOpener>> inspect_sqlite_directory(const DirectoryOptions& options) {
  const std::string& path = options.database.target;
  const Result<NameMap> names = NameMap::parse(options.names);
  if (!names) return names.error();
  Result<SqliteConnection> connection =
      SqliteConnection::open(path, busy_timeout_ms, SqliteConnection::Missing::fail);
  if (!connection) return connection.error();
  const Result<AccessTables> tables = find_sqlite_tables(*connection, *names);
  if (!tables) return tables.error();
  if (const Result<void> checked = check_permissions(*tables, options); !checked) return checked.error();
  if (options.permissions == PermissionRules::Kind::sql) {
    if (const Result<void> checked = check_query(*connection, options.query); !checked)
      return checked.error();
  }
  return std::make_unique<SqliteOpener>(path, *tables);
}

}  // namespace canvas::auth
