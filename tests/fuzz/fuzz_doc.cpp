// Doc on hostile updates, and on honest ones, in two orders: what it holds fits together at every step, its
// state vector is that of a block store, and what it encodes loads again. Inputs are those of
// fuzz_update.

#include <algorithm>
#include <limits>
#include <random>

#include "check.h"
#include "crdt/block_store.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/invariants_internal.h"
#include "history.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

constexpr std::size_t max_updates = 256;
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Input {
  std::vector<Bytes> updates;
  std::uint32_t shuffle_seed;
  Doc::Deleted deleted;
};

Input read_input(BytesView bytes) {
  fuzz::Choices choices(bytes);
  const std::uint64_t flags = choices.below(256);
  Input input{{}, 0, (flags & 4) != 0 ? Doc::Deleted::keep : Doc::Deleted::collect};
  input.shuffle_seed = static_cast<std::uint32_t>(choices.below(256) << 8 | choices.below(256));
  if ((flags & 1) != 0) {
    input.updates = fuzz::make_history(choices);
    return input;
  }
  while (!choices.empty() && input.updates.size() < max_updates) {
    const std::uint64_t length = choices.below(256) << 8 | choices.below(256);
    input.updates.push_back(to_bytes(choices.take(length)));
  }
  return input;
}

// A document, and a block store that is given the same.
class Replica {
public:
  Replica(Doc::Deleted deleted, std::size_t long_search)
      : doc_({.deleted = deleted, .max_pending_bytes = no_limit, .client = ClientId{1}}), store_({no_limit}) {
    doc_.state().long_search = long_search;
  }

  void take(const Bytes& update) {
    const StateVector before = doc_.state_vector();
    const auto applied = doc_.apply(update);
    FUZZ_CHECK(applied.has_value() == store_.apply(update).has_value());
    if (!applied || !applied->changed) FUZZ_CHECK(doc_.state_vector() == before);
    FUZZ_CHECK(doc_.state_vector() == store_.state_vector());
    FUZZ_CHECK(doc_.has_pending() == store_.has_pending());
  }

  void check() const {
    const Result<void> fits = check_invariants(doc_.state());
    if (!fits) std::fprintf(stderr, "%s\n", fits.error().message.c_str());
    FUZZ_CHECK(fits.has_value());
    const Bytes state = doc_.encode_state();
    Doc loaded({.max_pending_bytes = no_limit});
    FUZZ_CHECK(loaded.apply(state).has_value());
    FUZZ_CHECK(check_invariants(loaded.state()).has_value());
    FUZZ_CHECK(loaded.state_vector() == doc_.state_vector());
    FUZZ_CHECK(loaded.has_pending() == doc_.has_pending());
    // Not the same bytes: blocks that no editor makes, with a right origin left of the origin, are cut anew.
    const DeleteSet deleted = doc_.delete_set();
    const DeleteSet deleted_again = loaded.delete_set();
    for (const auto& [client, ranges] : deleted.clients()) {
      for (const ClockRange& range : ranges) FUZZ_CHECK(deleted_again.covers(client, range));
    }
  }

  const Doc& doc() const { return doc_; }

private:
  Doc doc_;
  BlockStore store_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input = read_input({data, size});
  Replica straight(input.deleted, 0);
  for (const Bytes& update : input.updates) {
    straight.take(update);
    FUZZ_CHECK(check_invariants(straight.doc().state()).has_value());
  }
  straight.check();
  std::vector<Bytes> shuffled = input.updates;
  std::shuffle(shuffled.begin(), shuffled.end(), std::minstd_rand(input.shuffle_seed + 1));
  Replica other(input.deleted, no_limit);
  for (const Bytes& update : shuffled) other.take(update);
  other.check();
  return 0;
}
