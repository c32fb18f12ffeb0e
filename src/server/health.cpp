#include "server/health.h"

#include <algorithm>

namespace canvas::server {
namespace {

// Collects reasons; the worst of them is how the server is.
class Findings {
public:
  void add(Status status, std::string text, std::string detail = {}) {
    status_ = std::max(status_, status);
    reasons_.push_back({std::move(text), std::move(detail)});
  }
  Assessment take() { return {status_, std::move(reasons_)}; }

private:
  Status status_ = Status::healthy;
  std::vector<Reason> reasons_;
};

std::string documents(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " document is" : " documents are");
}

void look_at_database(const Condition& condition, Findings& findings) {
  const store::Health& database = condition.database;
  if (database.ok) return;
  if (!database.away_for)
    return findings.add(Status::degraded, "the database refuses something", database.reason);
  findings.add(Status::degraded,
               "nothing could be committed for " + std::to_string(database.away_for->count() / 1000) + " s",
               database.reason);
  if (*database.away_for < longest_absence) return;
  if (condition.backlog_bytes > condition.max_backlog_bytes)
    findings.add(Status::unhealthy, "no edit is taken until the database is back");
  if (condition.documents == 0)
    findings.add(Status::unhealthy, "no document can be opened until the database is back");
}

void look_at_rooms(const Condition& condition, Findings& findings) {
  if (condition.read_only_rooms.damaged > 0)
    findings.add(Status::degraded, documents(condition.read_only_rooms.damaged) + " damaged and read-only");
  if (condition.read_only_rooms.overloaded > 0) {
    findings.add(Status::degraded, documents(condition.read_only_rooms.overloaded) +
                                       " read-only, because the database does not keep up");
  }
  if (condition.is_full) findings.add(Status::degraded, "no further document can be opened (--max-rooms)");
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::healthy: return "healthy";
    case Status::degraded: return "degraded";
    case Status::unhealthy: return "unhealthy";
  }
  return "";
}

Assessment assess(const Condition& condition) {
  Findings findings;
  if (condition.draining) findings.add(Status::unhealthy, "the server is going down");
  look_at_database(condition, findings);
  if (condition.backlog_bytes > condition.max_backlog_bytes / 2)
    findings.add(Status::degraded, "more than half of what may wait for the database waits");
  look_at_rooms(condition, findings);
  return findings.take();
}

}  // namespace canvas::server
