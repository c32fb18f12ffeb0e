// Where documents are kept: a compacted state for each, and a log of the updates since.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/histogram.h"
#include "base/result.h"

namespace canvas::store {

// A row of the log that is not folded into the state yet.
struct StoredUpdate {
  std::int64_t row;  // its id
  Bytes bytes;
};

// A part of a document that is not what was once written.
struct Damage {
  std::optional<std::int64_t> row;  // of the log; none: the state
  std::string reason;

  std::string where() const;  // "the state", "log row 17"
};

// What is known of one document: the state and then the updates make it, in this order. Both are in update
// format v1.
struct StoredDocument {
  Bytes state;  // empty when it was never compacted, or is damaged
  std::vector<StoredUpdate> updates;
  // What a checksum has found, left out above. A document with damage is not to be changed until somebody has
  // decided what becomes of it.
  std::vector<Damage> damages;

  std::size_t log_bytes() const;
};

// Names an append to the one who made it.
struct Ticket {
  std::uint64_t room;
  std::uint64_t sequence;
};

// Learns what has become durable. Called on a thread of the store's, once for each group that was committed,
// with the tickets in the order of their appends.
class CommitSink {
public:
  virtual ~CommitSink() = default;
  virtual void on_committed(std::vector<Ticket> tickets) = 0;
};

using WallTime = std::chrono::system_clock::time_point;

struct Append {
  std::shared_ptr<const std::string> document;
  SharedBytes owner;  // keeps `update` alive
  BytesView update;
  std::string user_id;  // empty for guests
  CommitSink* sink;     // outlives the append
  Ticket ticket;
  WallTime time{};  // of its arrival; the store fills it in
};

// What a compaction did.
struct Compacted {
  std::size_t rows;         // that were folded into the state and are gone
  std::size_t log_bytes;    // of those rows
  std::size_t state_bytes;  // of the state now

  // What was done after this.
  Compacted& operator+=(const Compacted& later);
};

struct Health {
  bool ok;
  std::string reason;  // of the last failure, while it lasts
  // For how long nothing at all could be committed; none while something can.
  std::optional<std::chrono::milliseconds> away_for{};
  // What the last commit took, or the last probe, whichever came later; none before the first.
  std::optional<std::chrono::microseconds> latency{};
  std::size_t backlog_updates = 0;  // appended and not committed
};

// What the commits were like, since the store was opened.
struct CommitStatistics {
  Histogram rows{group_bounds};       // of each group
  Histogram seconds{latency_bounds};  // that each took in the database
  Histogram waits{latency_bounds};    // from an append to its commit, in seconds: of the oldest of each group
  std::uint64_t updates = 0;          // committed
  std::uint64_t bytes = 0;            // of those
  std::uint64_t failures = 0;         // tries that did not succeed
};

// Something that is done often, some of it in vain.
struct WorkStatistics {
  Histogram seconds{latency_bounds};  // from the question to the answer, of what succeeded
  std::uint64_t failures = 0;
};

struct Statistics {
  CommitStatistics commits;
  WorkStatistics loads;
  WorkStatistics compactions;
  std::uint64_t compacted_rows = 0;
  std::uint64_t compacted_log_bytes = 0;
};

// Makes one update of a state and its log. The store does not know the format; damaged bytes are an error.
using Merge = std::function<Result<Bytes>(std::span<const BytesView>)>;

// Any thread may call any of it; it blocks nowhere but in the destructor. Callbacks run on threads of the
// store's and must not block: they post what they have to where it belongs.
//
// An append is never given up: while the database fails it is tried again, and its ticket waits. Appends of
// one document are committed in their order; a document whose row the database refuses does not hold up the
// others.
class Store {
public:
  virtual ~Store() = default;

  // A document that nobody has written to is empty, not an error.
  virtual void load(std::string document, std::function<void(Result<StoredDocument>)> done) = 0;

  virtual void append(Append append) = 0;

  // Folds the log of a document into its state: what is committed when it runs. All or nothing, and nobody's
  // update is ever dropped. Fails with Errc::malformed, and changes nothing, when a part is damaged.
  virtual void compact(std::string document, std::function<void(Result<Compacted>)> done) = 0;

  // Calls `done` when all that was appended before is committed.
  virtual void flush(std::function<void()> done) = 0;

  // Takes away history that is older than it is to be kept. To be called now and then.
  virtual void tidy() = 0;

  virtual Health health() const = 0;
  // Copies some hundred numbers.
  virtual Statistics statistics() const = 0;
  // What has been appended and not yet committed. Cheap.
  virtual std::size_t backlog_bytes() const = 0;
};

}  // namespace canvas::store
