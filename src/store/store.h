// Where documents are kept: a compacted state for each, and a log of the updates since.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::store {

// What is known of one document: the state and then the updates make it, in this order. Both are in update
// format v1.
struct StoredDocument {
  Bytes state;  // empty when it was never compacted
  std::vector<Bytes> updates;

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

struct Append {
  std::shared_ptr<const std::string> document;
  SharedBytes owner;  // keeps `update` alive
  BytesView update;
  std::string user_id;  // empty for guests
  CommitSink* sink;     // outlives the append
  Ticket ticket;
};

// What a compaction did.
struct Compacted {
  std::size_t rows;         // that were folded into the state and are gone
  std::size_t log_bytes;    // of those rows
  std::size_t state_bytes;  // of the state now
};

struct Health {
  bool ok;
  std::string reason;  // of the last failure, while it lasts
};

// Makes one update of a state and its log. The store does not know the format; damaged bytes are an error.
using Merge = std::function<Result<Bytes>(std::span<const BytesView>)>;

// Any thread may call any of it; it blocks nowhere but in the destructor. Callbacks run on threads of the
// store's and must not block: they post what they have to where it belongs.
//
// An append is never given up: while the database fails it is tried again, and its ticket waits. Appends of
// one document are committed in their order.
class Store {
public:
  virtual ~Store() = default;

  // A document that nobody has written to is empty, not an error.
  virtual void load(std::string document, std::function<void(Result<StoredDocument>)> done) = 0;

  virtual void append(Append append) = 0;

  // Folds the log of a document into its state: what is committed when it runs. All or nothing, and nobody's
  // update is ever dropped.
  virtual void compact(std::string document, std::function<void(Result<Compacted>)> done) = 0;

  // Calls `done` when all that was appended before is committed.
  virtual void flush(std::function<void()> done) = 0;

  virtual Health health() const = 0;
  // What has been appended and not yet committed. Cheap.
  virtual std::size_t backlog_bytes() const = 0;
};

}  // namespace canvas::store
