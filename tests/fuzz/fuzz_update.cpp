// The block store on hostile updates, and on honest ones in hostile orders.
//
// First byte of an input: bit 0, whether the rest is raw updates (one byte pair of length and that many
// bytes, again and again) or choices that make a history; bit 1, whether little may wait. Second and third
// byte: how the second order is shuffled.

#include <algorithm>
#include <limits>
#include <random>

#include "agreement.h"
#include "check.h"
#include "crdt/block_store.h"
#include "crdt/merge.h"
#include "crdt/update_reader.h"
#include "history.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;
using Effect = BlockStore::Applied::Effect;

constexpr std::size_t max_updates = 256;
constexpr std::size_t max_pieces = 20'000;  // to compare, in the time that a fuzzer has
constexpr std::size_t little_may_wait = 4096;
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

struct Input {
  std::vector<Bytes> updates;
  std::size_t max_pending_bytes;
  std::uint32_t shuffle_seed;
};

Input read_input(BytesView bytes) {
  fuzz::Choices choices(bytes);
  const std::uint64_t flags = choices.below(256);
  Input input{{}, (flags & 2) != 0 ? little_may_wait : BlockStore::Limits{}.max_pending_bytes, 0};
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

// Whether the reader that says what is wrong takes the update. The store's own way of reading must agree.
bool is_readable(BytesView update) {
  UpdateReader reader(update);
  while (std::optional<SectionReader> section = reader.next_section()) {
    while (!section->at_end()) section->next();
    reader.skip_to(*section);
  }
  reader.read_delete_set([](ClientId, ClockRange) {});
  return !reader.reader().failed() && reader.reader().at_end();
}

// A store, one that is told only the news of it, and whether it took everything.
class Replica {
public:
  explicit Replica(std::size_t max_pending_bytes) : store_({max_pending_bytes}), follower_({no_limit}) {}

  void take(const Bytes& update) {
    FUZZ_CHECK(check_update(update).has_value() == is_readable(update));
    const SharedBytes before = store_.encode_state();
    const auto knows = store_.knows(update);
    const auto most_live_bytes = store_.live_bytes_after(update);
    const bool was_pending = store_.has_pending();
    const auto applied = store_.apply(update);
    if (!applied) {
      check_refusal(update, applied.error().code);
      FUZZ_CHECK(*store_.encode_state() == *before);
      return;
    }
    FUZZ_CHECK(check_update(update).has_value());
    // What is known changes nothing; what waits already would change nothing either, but is not known.
    FUZZ_CHECK(!knows.value() || applied->effect == Effect::nothing);
    // But for what waited before and was let in with it.
    if (!was_pending) FUZZ_CHECK(store_.live_bytes() <= most_live_bytes.value());
    check_effect(update, *applied, *before);
    FUZZ_CHECK(follower_.state_vector() == store_.state_vector());
    FUZZ_CHECK(follower_.has_pending() == store_.has_pending());
    if (!store_.has_pending()) FUZZ_CHECK(store_.pending_bytes() == 0);
  }

  // What must hold whatever was taken.
  void check() const {
    const Bytes state = *store_.encode_state();
    FUZZ_CHECK(check_update(state).has_value());
    FUZZ_CHECK(StateVector::decode(*store_.encoded_state_vector()).value() == store_.state_vector());

    BlockStore loaded({no_limit});
    FUZZ_CHECK(loaded.apply(state).has_value());
    FUZZ_CHECK(*loaded.encode_state() == state);
    FUZZ_CHECK(loaded.state_vector() == store_.state_vector());
    FUZZ_CHECK(loaded.live_bytes() == store_.live_bytes());
    FUZZ_CHECK(loaded.block_count() == store_.block_count());
    FUZZ_CHECK(loaded.has_pending() == store_.has_pending());
    FUZZ_CHECK(loaded.apply(state).value().effect == Effect::nothing);
    FUZZ_CHECK(*follower_.encode_state() == state);
  }

  bool took_everything() const { return took_everything_; }
  const BlockStore& store() const { return store_; }
  BlockStore& store() { return store_; }

private:
  void check_refusal(const Bytes& update, Errc code) {
    took_everything_ = false;
    const bool well_formed = check_update(update).has_value();
    FUZZ_CHECK(code == (well_formed ? Errc::too_large : Errc::malformed));
  }

  void check_effect(const Bytes& update, const BlockStore::Applied& applied, const Bytes& before) {
    FUZZ_CHECK(applied.news.empty() == (applied.effect != Effect::part));
    switch (applied.effect) {
      case Effect::nothing: FUZZ_CHECK(*store_.encode_state() == before); break;
      case Effect::whole: FUZZ_CHECK(follower_.apply(update).has_value()); break;
      case Effect::part: FUZZ_CHECK(follower_.apply(applied.news).value().effect != Effect::nothing); break;
    }
    // A second time all of it is known; only where little may wait, what waits already may be counted once
    // more and refused.
    const auto again = store_.apply(update);
    FUZZ_CHECK(again ? again->effect == Effect::nothing : again.error().code == Errc::too_large);
  }

  BlockStore store_;
  BlockStore follower_;
  bool took_everything_ = true;
};

void check_equal(Replica& a, Replica& b) {
  FUZZ_CHECK(a.store().state_vector() == b.store().state_vector());
  FUZZ_CHECK(a.store().has_pending() == b.store().has_pending());
  if (!a.store().has_pending()) {
    FUZZ_CHECK(*a.store().encode_state() == *b.store().encode_state());
    FUZZ_CHECK(a.store().live_bytes() == b.store().live_bytes());
    return;
  }
  // What waits may be cut in other places, but there is nothing that only one of them has.
  FUZZ_CHECK(b.store().apply(*a.store().encode_state()).value().effect == Effect::nothing);
  FUZZ_CHECK(a.store().apply(*b.store().encode_state()).value().effect == Effect::nothing);
}

// A replica that has only some of the updates asks for the difference, and is level then.
void check_difference(const std::vector<Bytes>& updates, const BlockStore& all, std::size_t known) {
  BlockStore some;
  for (std::size_t i = 0; i < known; ++i) FUZZ_CHECK(some.apply(updates[i]).has_value());
  FUZZ_CHECK(some.apply(all.encode_difference(some.state_vector())).has_value());
  FUZZ_CHECK(some.state_vector() == all.state_vector());
  if (!all.has_pending()) FUZZ_CHECK(*some.encode_state() == *all.encode_state());
}

// The state tells of every element what the updates told of it.
void check_fidelity(std::vector<Bytes> updates, const BlockStore& all) {
  updates.push_back(*all.encode_state());
  FUZZ_CHECK(fuzz::do_agree(updates, no_limit));
}

void check_merge(const std::vector<Bytes>& updates, const BlockStore& all) {
  const std::vector<BytesView> views(updates.begin(), updates.end());
  const auto merged = merge_updates(views);
  FUZZ_CHECK(merged.has_value());
  if (!all.has_pending()) FUZZ_CHECK(*merged == *all.encode_state());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input = read_input({data, size});
  Replica straight(input.max_pending_bytes);
  for (const Bytes& update : input.updates) straight.take(update);
  straight.check();

  std::vector<Bytes> shuffled = input.updates;
  std::shuffle(shuffled.begin(), shuffled.end(), std::minstd_rand(input.shuffle_seed + 1));
  Replica other(input.max_pending_bytes);
  for (const Bytes& update : shuffled) other.take(update);
  other.check();

  if (!straight.took_everything() || !other.took_everything() || !fuzz::do_agree(input.updates, max_pieces)) {
    return 0;
  }
  check_equal(straight, other);
  check_difference(shuffled, straight.store(), input.shuffle_seed % (shuffled.size() + 1));
  check_merge(shuffled, straight.store());
  check_fidelity(std::move(shuffled), straight.store());
  return 0;
}
