// The numbers that bound a room.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace canvas::room {

// The limits that an update can be refused for, by the names of their options.
inline constexpr std::string_view document_bytes_limit = "max-document-bytes";
inline constexpr std::string_view encoded_bytes_limit = "max-encoded-bytes";
inline constexpr std::string_view waiting_bytes_limit = "max-waiting-bytes";

struct Limits {
  // Content that is not deleted. An update that would take a document past it is refused.
  std::size_t max_document_bytes = 10u << 20;
  // The document encoded whole, with what is left of deleted content. Past it only deletions are taken. 0: no
  // limit.
  std::size_t max_encoded_bytes = 50u << 20;
  // In memory, of all documents; a further one cannot be opened. 0: no limit.
  std::size_t max_rooms = 100'000;
  // Memory for updates that wait for others that never came.
  std::size_t max_pending_bytes = 16u << 20;
  // What may wait for the disk, of one room and over all: past either a room becomes read-only, until half of
  // it or less is waiting.
  std::size_t max_room_backlog_bytes = 32u << 20;
  std::size_t max_backlog_bytes = 256u << 20;

  // The slow-reader rule. From the first on a member gets no awareness until it has caught up, from the
  // second on no updates, and then one difference; who has not caught up after max_lag is given up.
  std::size_t awareness_backlog_bytes = 256u << 10;
  std::size_t update_backlog_bytes = 4u << 20;
  std::chrono::seconds max_lag{20};

  // Presence that is not renewed for so long is gone; clients renew every 15 s.
  std::chrono::seconds awareness_timeout{30};
  std::size_t max_awareness_clients_per_member = 64;
  std::size_t max_awareness_state_bytes = 256u << 10;

  // How long an empty room stays, so that a reload of the page does not load it anew.
  std::chrono::seconds unload_delay{2};

  // The log of a room is folded when it has more rows than this, or more bytes than this and than the state.
  std::size_t max_log_rows = 4096;
  std::size_t min_log_bytes = 1u << 20;
  // After a failure.
  std::chrono::seconds compaction_retry_delay{60};
};

}  // namespace canvas::room
