#include "auth/postgres_directory.h"
#include "db/postgres_session.h"

namespace canvas::auth {
namespace {

using db::PostgresConnection;

constexpr std::chrono::milliseconds patience{30'000};

// As the triggers write them: KIND:ID, or everything. What is not understood may be anything.
AccessChange change_of(const std::string& payload) {
  for (const auto& [word, kind] :
       {std::pair{"session:", AccessChange::Kind::session}, std::pair{"user:", AccessChange::Kind::user},
        std::pair{"document:", AccessChange::Kind::document}}) {
    if (payload.starts_with(word)) return {kind, payload.substr(std::string_view(word).size())};
  }
  return {AccessChange::Kind::everything, ""};
}

class PostgresFeed : public ChangeFeed {
public:
  explicit PostgresFeed(std::string target)
      : session_({.target = std::move(target)}, [this](PostgresConnection& connection) {
          is_new_ = true;
          return connection.execute("LISTEN canvas_ws_access");
        }) {}

  Result<std::vector<AccessChange>> wait() override {
    return session_.with_connection<std::vector<AccessChange>>(
        [&](PostgresConnection& connection) { return changes(connection); });
  }
  void interrupt() override { session_.interrupt(); }

private:
  Result<std::vector<AccessChange>> changes(PostgresConnection& connection) {
    if (std::exchange(is_new_, false)) return std::vector{AccessChange{AccessChange::Kind::everything, ""}};
    const Result<std::vector<std::string>> payloads = connection.wait_notifications(patience);
    if (!payloads) return payloads.error();
    // A peer that is gone without a word is noticed when it does not answer.
    if (payloads->empty()) {
      if (const auto answered = connection.execute("SELECT 1"); !answered) return answered.error();
    }
    std::vector<AccessChange> changes;
    for (const std::string& payload : *payloads) changes.push_back(change_of(payload));
    return changes;
  }

  bool is_new_ = false;
  db::PostgresSession session_;
};

}  // namespace

std::unique_ptr<ChangeFeed> open_postgres_feed(std::string target) {
  return std::make_unique<PostgresFeed>(std::move(target));
}

}  // namespace canvas::auth
