#include "auth/postgres_directory.h"

#include <algorithm>
#include <unordered_map>

#include "auth/signature.h"
#include "db/postgres_session.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;
using db::PostgresParameters;
using db::PostgresRows;
using db::PostgresTransaction;

WallTime time_of(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

std::string text_or_empty(const PostgresRows& rows, int row, int column) {
  return rows.is_null(row, column) ? "" : std::string(rows.text(row, column));
}

User user_of(const PostgresRows& rows, int row, int first) {
  User user;
  user.id = rows.text(row, first);
  if (!rows.is_null(row, first + 1)) user.role = rows.text(row, first + 1);
  user.is_banned = rows.boolean(row, first + 2);
  if (const auto expires = rows.integer_or_null(row, first + 3)) user.ban_expires = time_of(*expires);
  return user;
}

// One without an end has none, and is none.
Session session_of(const PostgresRows& rows, int row) {
  return {std::string(rows.text(row, 1)), time_of(rows.integer_or_null(row, 2).value_or(0)),
          user_of(rows, row, 4), text_or_empty(rows, row, 3)};
}
User user_row(const PostgresRows& rows, int row) {
  return user_of(rows, row, 1);
}

// What rows that begin with what was asked for say to each of `asked`.
template <class T>
std::vector<std::optional<T>> in_order(const PostgresRows& rows, std::span<const std::string> asked,
                                       T (*read)(const PostgresRows&, int)) {
  std::unordered_map<std::string_view, int> places;
  for (int row = 0; row < rows.size(); ++row) places.emplace(rows.text(row, 0), row);
  std::vector<std::optional<T>> answers;
  answers.reserve(asked.size());
  for (const std::string& each : asked) {
    const auto found = places.find(each);
    answers.push_back(found == places.end() ? std::nullopt : std::optional(read(rows, found->second)));
  }
  return answers;
}

using Texts = std::vector<std::optional<std::string_view>>;

// What a column of `type` cannot hold is asked for as nothing.
void add_askable(Texts& texts, std::string_view value, std::string_view type) {
  texts.push_back(can_be_in(value, type) ? std::optional(value) : std::nullopt);
}

class PostgresDirectory : public Directory {
public:
  PostgresDirectory(std::string target, std::shared_ptr<const PostgresStatements> statements)
      : statements_(std::move(statements)),
        session_({.target = std::move(target)}, [](PostgresConnection& connection) {
          return connection.execute("SET default_transaction_read_only = on");
        }) {}

  Result<std::vector<std::optional<Session>>> find_sessions(std::span<const std::string> tokens) override {
    return find(statements_->sessions_by_token, tokens, statements_->session_token_type, session_of);
  }
  Result<std::vector<std::optional<Session>>> find_sessions_by_id(std::span<const std::string> ids) override {
    return find(statements_->sessions_by_id, ids, statements_->session_id_type, session_of);
  }
  Result<std::vector<std::optional<User>>> find_users(std::span<const std::string> ids) override {
    return find(statements_->users, ids, statements_->user_id_type, user_row);
  }
  Result<std::optional<std::string>> consume_one_time_token(const std::string& token) override;
  Result<std::vector<StoredKey>> read_keys() override;
  Result<std::vector<DiagramFacts>> find_diagram_facts(std::span<const Question> questions) override;
  Result<std::vector<Actions>> run_query(const std::string& query,
                                         std::span<const Question> questions) override;
  void interrupt() override { session_.interrupt(); }

private:
  // `sql` is one of `statements_`, which stay where they are: it is prepared once.
  Result<PostgresRows> ask(const std::string& sql, const PostgresParameters& parameters) {
    return session_.retry_with_connection<PostgresRows>(
        [&](PostgresConnection& connection) { return connection.run(sql.c_str(), parameters); });
  }

  template <class T>
  Result<std::vector<std::optional<T>>> find(const std::string& sql, std::span<const std::string> asked,
                                             std::string_view type, T (*read)(const PostgresRows&, int)) {
    Texts texts;
    for (const std::string& each : asked) {
      if (can_be_in(each, type)) texts.emplace_back(each);
    }
    if (texts.empty()) return std::vector<std::optional<T>>(asked.size());
    const Result<PostgresRows> rows = ask(sql, PostgresParameters().text_array(texts));
    if (!rows) return rows.error();
    return in_order(*rows, asked, read);
  }

  const std::shared_ptr<const PostgresStatements> statements_;
  db::PostgresSession session_;
};

// All that this writes; everything else is read only.
Result<std::optional<std::string>> PostgresDirectory::consume_one_time_token(const std::string& token) {
  if (statements_->take_verification.empty() || !can_be_in(token, "text")) return std::nullopt;
  const std::string plain = "one-time-token:" + token;
  const std::string hashed = "one-time-token:" + sha256_base64url(token);
  const PostgresParameters identifiers =
      PostgresParameters().text_array(Texts{std::string_view(plain), std::string_view(hashed)});
  using Found = std::optional<std::string>;
  return session_.retry_with_connection<Found>([&](PostgresConnection& connection) -> Result<Found> {
    Result<PostgresTransaction> transaction = PostgresTransaction::begin(connection, "BEGIN READ WRITE");
    if (!transaction) return transaction.error();
    const Result<PostgresRows> rows = connection.run(statements_->take_verification.c_str(), identifiers);
    if (!rows) return rows.error();
    if (const Result<void> taken = transaction->commit(); !taken) return taken.error();
    Found found;
    for (int row = 0; row < rows->size(); ++row) {
      if (rows->boolean(row, 1)) found = text_or_empty(*rows, row, 0);
    }
    return found;
  });
}

Result<std::vector<StoredKey>> PostgresDirectory::read_keys() {
  std::vector<StoredKey> keys;
  if (statements_->keys.empty()) return keys;
  const Result<PostgresRows> rows = ask(statements_->keys, {});
  if (!rows) return rows.error();
  for (int row = 0; row < rows->size(); ++row) {
    StoredKey key{std::string(rows->text(row, 0)), text_or_empty(*rows, row, 1), {}};
    if (const auto expires = rows->integer_or_null(row, 2)) key.expires_at = time_of(*expires);
    keys.push_back(std::move(key));
  }
  return keys;
}

DiagramFacts::Visibility visibility_of(std::string_view word) {
  if (word == "public") return DiagramFacts::Visibility::everybody;
  if (word == "org") return DiagramFacts::Visibility::organization;
  return DiagramFacts::Visibility::restricted;
}

// A row says the same as the one before of its question, but for roles and permissions in the organization.
void add_facts(DiagramFacts& facts, const PostgresRows& rows, int row) {
  facts.exists = rows.boolean(row, 1);
  facts.is_owner = rows.boolean(row, 2);
  facts.visibility = visibility_of(text_or_empty(rows, row, 3));
  facts.member_role = text_or_empty(rows, row, 4);
  facts.link_role = text_or_empty(rows, row, 5);
  facts.organization_roles = text_or_empty(rows, row, 6);
  facts.is_in_organization = rows.boolean(row, 7);
  if (!rows.is_null(row, 8)) facts.organization_permissions.emplace_back(rows.text(row, 8));
}

Result<std::vector<DiagramFacts>> PostgresDirectory::find_diagram_facts(std::span<const Question> questions) {
  std::vector<DiagramFacts> facts(questions.size());
  if (questions.empty() || statements_->facts.empty()) return facts;
  Texts users;
  Texts documents;
  Texts hashes;
  for (const Question& question : questions) {
    add_askable(users, question.user->id, statements_->user_id_type);
    add_askable(documents, question.document, statements_->diagram_id_type);
    add_askable(hashes, question.share_hash, "text");
  }
  const Result<PostgresRows> rows = ask(
      statements_->facts, PostgresParameters().text_array(users).text_array(documents).text_array(hashes));
  if (!rows) return rows.error();
  for (int row = 0; row < rows->size(); ++row) {
    add_facts(facts.at(static_cast<std::size_t>(rows->integer(row, 0) - 1)), *rows, row);
  }
  return facts;
}

// A text[] comes as {view,edit} or {"view"}.
Actions actions_of_text(std::string_view text) {
  std::string words(text);
  std::ranges::replace_if(
      words, [](char c) { return c == '{' || c == '}' || c == '"'; }, ' ');
  return parse_actions(words);
}

Actions actions_of(const PostgresRows& rows) {
  Actions actions;
  for (int row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < rows.columns(); ++column) {
      if (rows.is_null(row, column)) continue;
      const std::string_view text = rows.text(row, column);
      if (!rows.is_boolean(column))
        actions = actions | actions_of_text(text);
      else if (text == "t")
        actions = actions | parse_actions(rows.name(column));
    }
  }
  return actions;
}

using Answers = std::vector<Result<PostgresRows>>;

// Why these answers are none. A question whose values the query cannot take has one, which is nothing; one
// that is rejected otherwise has it as well, unless no other has rows: it may be the query that is wrong.
std::optional<Error> failure_of(const Answers& answers) {
  std::optional<Error> rejected;
  bool has_rows = false;
  for (const Result<PostgresRows>& answer : answers) {
    if (answer)
      has_rows = true;
    else if (answer.error().code == Errc::rejected)
      rejected = answer.error();
    else if (answer.error().code != Errc::malformed)
      return answer.error();
  }
  return has_rows ? std::nullopt : rejected;
}

// A question that the query cannot take, such as a document that is no uuid, is granted nothing.
Result<std::vector<Actions>> PostgresDirectory::run_query(const std::string& query,
                                                          std::span<const Question> questions) {
  std::vector<Actions> actions(questions.size());
  std::vector<std::size_t> places;
  std::vector<PostgresParameters> parameters;
  for (std::size_t place = 0; place < questions.size(); ++place) {
    const Question& question = questions[place];
    if (!can_be_in(question.user->id, "text") || !can_be_in(question.document, "text")) continue;
    places.push_back(place);
    parameters.emplace_back().text(question.user->id).text(question.document);
  }
  if (places.empty()) return actions;
  const Result<Answers> answers = session_.retry_with_connection<Answers>(
      [&](PostgresConnection& connection) { return connection.run_each(query.c_str(), parameters); });
  if (!answers) return answers.error();
  if (const std::optional<Error> failure = failure_of(*answers)) return *failure;
  for (std::size_t at = 0; at < places.size(); ++at) {
    if (const Result<PostgresRows>& answer = (*answers)[at]) actions[places[at]] = actions_of(*answer);
  }
  return actions;
}

}  // namespace

std::unique_ptr<Directory> open_postgres_directory(std::string target,
                                                   std::shared_ptr<const PostgresStatements> statements) {
  return std::make_unique<PostgresDirectory>(std::move(target), std::move(statements));
}

}  // namespace canvas::auth
