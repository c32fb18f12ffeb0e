// How the server is.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "room/registry.h"
#include "store/store.h"

namespace canvas::server {

// healthy    Everybody can do everything.
// degraded   Those who are here are served, and no edit is lost, but somebody should look: the database
//            fails, documents are read-only, half of what may wait for the database waits, or no further
//            document can be opened.
// unhealthy  Nobody is served who does not already have all that they need: the server goes down, or the
//            database has been away for `longest_absence` and either no edit is taken any more or no document
//            is in memory. Another server would do better, so the answer is 503.
enum class Status { healthy, degraded, unhealthy };

// "healthy", "degraded", "unhealthy".
std::string_view name_of(Status status);

inline constexpr std::chrono::seconds longest_absence{60};

// What the answer is made of.
struct Condition {
  bool draining = false;
  store::Health database{true, ""};
  std::size_t backlog_bytes = 0;
  std::size_t max_backlog_bytes = 0;  // past it documents are read-only
  std::size_t documents = 0;          // in memory
  room::ReadOnlyRooms read_only_rooms{};
  bool is_full = false;  // no further document can be opened
};

struct Reason {
  std::string text;    // for anybody
  std::string detail;  // may name a host, a document or a role: for who is on this machine. Often empty
};

struct Assessment {
  Status status;
  std::vector<Reason> reasons;  // none when it is healthy
};

Assessment assess(const Condition& condition);

}  // namespace canvas::server
