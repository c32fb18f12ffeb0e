#include "store/loading.h"

#include <future>
#include <limits>

#include "append/parts.h"
#include "crdt/block_store.h"
#include "store/author.h"
#include "store/names.h"

namespace canvas::bench {
namespace {

constexpr std::size_t authors_of_document = 8;
constexpr std::size_t updates_between_compactions = 20'000;

class Ignore : public store::CommitSink {
public:
  void on_committed(std::vector<store::Ticket>) override {}
};

class Filling {
public:
  explicit Filling(store::Store& store)
      : store_(store), document_(std::make_shared<std::string>(unused_name())) {
    for (std::uint32_t i = 0; i < authors_of_document; ++i) authors_.emplace_back(random_client(), i + 1);
  }

  Result<Filled> fill(std::size_t state_bytes, std::size_t log_rows) {
    std::size_t state = 0;
    while (state < state_bytes) {
      append(updates_between_compactions);
      const Result<store::Compacted> compacted = compact();
      if (!compacted) return compacted.error();
      state = compacted->state_bytes;
    }
    append(log_rows);
    return Filled{*document_, state, log_rows};
  }

private:
  void append(std::size_t updates) {
    for (std::size_t i = 0; i < updates; ++i) {
      const auto update = std::make_shared<const Bytes>(authors_[made_++ % authors_.size()].next());
      store_.append({document_, update, *update, {}, &ignore_, {}});
    }
    std::promise<void> done;
    store_.flush([&done] { done.set_value(); });
    done.get_future().wait();
  }

  Result<store::Compacted> compact() {
    std::promise<Result<store::Compacted>> done;
    store_.compact(*document_, [&done](Result<store::Compacted> compacted) { done.set_value(compacted); });
    return done.get_future().get();
  }

  store::Store& store_;
  std::shared_ptr<const std::string> document_;
  std::vector<Author> authors_;
  std::size_t made_ = 0;
  Ignore ignore_;
};

double milliseconds(Nanoseconds span) {
  return static_cast<double>(span) / 1e6;
}

// As room::Registry does it.
Result<Loading> build(const store::StoredDocument& stored, Nanoseconds begin) {
  const Nanoseconds read = now();
  crdt::BlockStore blocks;
  blocks.set_max_pending_bytes(std::numeric_limits<std::size_t>::max());
  if (!stored.state.empty()) {
    if (const auto applied = blocks.apply(stored.state); !applied) return applied.error();
  }
  for (const store::StoredUpdate& update : stored.updates) {
    if (const auto applied = blocks.apply(update.bytes); !applied) return applied.error();
  }
  if (blocks.has_pending()) return malformed("the document has a gap");
  return Loading{milliseconds(read - begin), milliseconds(now() - read), stored.state.size(),
                 stored.updates.size(), blocks.block_count()};
}

}  // namespace

Result<Filled> fill(store::Store& store, std::size_t state_bytes, std::size_t log_rows) {
  return Filling(store).fill(state_bytes, log_rows);
}

Result<Loading> measure_loading(store::Store& store, const std::string& document) {
  std::promise<Result<Loading>> done;
  const Nanoseconds begin = now();
  store.load(document, [&](const Result<store::StoredDocument>& stored) {
    done.set_value(stored ? build(*stored, begin) : Result<Loading>(stored.error()));
  });
  return done.get_future().get();
}

}  // namespace canvas::bench
