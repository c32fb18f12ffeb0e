// The tables of the app, seen through one connection: what every kind of database can do with them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace canvas::store {

// One line of `document list`.
struct DocumentSummary {
  std::string document;
  std::size_t state_bytes;
  std::size_t log_rows;  // not folded yet
  std::size_t log_bytes;
  std::size_t kept_rows;  // folded, and kept as history
  std::size_t authors;    // that the log still knows
  WallTime last_change;
};

// What is read to be loaded or folded: all of one moment.
struct StoredRows {
  StoredDocument document;
  std::string version;  // of the state: changes with it
};

// The log of a document becomes its state.
struct Fold {
  std::string document;
  std::string version;             // of the state that went into the new one
  std::vector<std::int64_t> rows;  // that went into it
  Bytes state;
  bool keep_history;  // the rows stay, as history, and so does the state before the first of them
};

// A row of the log as history knows it.
struct HistoryRow {
  std::int64_t row;
  WallTime time;
  std::string user_id;  // empty for guests
  Bytes update;
  bool is_folded;
};

// What is known of a document's past: `base` as of `base_time`, and then every row.
struct History {
  Bytes base;  // empty: nothing was there
  WallTime base_time;
  bool base_is_kept;             // by a fold; else it is the present state
  std::vector<HistoryRow> rows;  // by time, then by id
  std::vector<Damage> damages;   // left out above
};

// The oldest rows of a history become its base, or all of it goes.
struct HistoryTrim {
  std::string document;
  std::vector<std::int64_t> rows;
  std::optional<Bytes> base;  // none: nothing is to be kept any more
  WallTime base_time;
};

// Blocking; belongs to one thread at a time. Every operation is one transaction: all of it or nothing.
//
// Errors: Errc::unavailable, the database cannot be reached or does not answer (the next call tries a new
// connection); Errc::rejected, it refuses just this; Errc::io, it fails in another way (a full disk).
class Tables {
public:
  virtual ~Tables() = default;

  // Inserts the updates into the log, and the rows of their documents where they are missing.
  virtual Result<void> append(std::span<const Append> group) = 0;
  // Whether `group`, whose append ended in Errc::unavailable, was committed all the same.
  virtual Result<bool> has(std::span<const Append> group) = 0;

  // A document that nobody has written to is empty, not an error.
  virtual Result<StoredRows> read(const std::string& document) = 0;
  // The same, but of the log only the first rows: no more once there are `max_log_bytes` of them.
  virtual Result<StoredRows> read_slice(const std::string& document, std::size_t max_log_bytes) = 0;
  // False, and nothing done, when somebody else has changed the state or folded one of the rows since.
  virtual Result<bool> fold(const Fold& fold) = 0;

  // What happened up to `until`, that moment included; without it, everything.
  virtual Result<History> read_history(const std::string& document, std::optional<WallTime> until) = 0;
  // False, and nothing done, when one of the rows is no longer there.
  virtual Result<bool> trim(const HistoryTrim& trim) = 0;
  // Documents, `limit` at most, with kept rows from before `before`; or, without it, with any history kept.
  virtual Result<std::vector<std::string>> find_history(std::optional<WallTime> before,
                                                        std::size_t limit) = 0;

  // Whether the database answers.
  virtual Result<void> probe() = 0;
  // From any thread: what waits for the database gives up soon (Errc::unavailable), and so does what comes
  // later. For the end.
  virtual void interrupt() = 0;

  // By name, in order.
  virtual Result<void> list(const std::function<void(const DocumentSummary&)>& each) = 0;
  virtual Result<bool> exists(const std::string& document) = 0;
  // Moves damaged parts out of the document, into the table of what was set aside. What is sound stays.
  virtual Result<void> set_aside(const std::string& document, std::span<const Damage> parts) = 0;
  // The document, its log and its history. False when it is not there.
  virtual Result<bool> remove(const std::string& document) = 0;
};

}  // namespace canvas::store
