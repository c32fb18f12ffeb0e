// Walks over an update in format v1 without keeping any of it.
#pragma once

#include <optional>

#include "base/result.h"
#include "crdt/scanned_block.h"
#include "crdt/wire_block.h"

namespace canvas::crdt {

// A run of blocks of one client, clock after clock: a value that can be kept and gone on with.
class SectionReader {
public:
  // `in` stands behind the section's number of blocks.
  SectionReader(lib0::Reader in, std::uint64_t block_count);

  ClientId client() const { return client_; }
  bool at_end() const { return left_ == 0 || in_.failed(); }
  // Reads the next block. After a failure at_end() is true and reader().failed().
  WireBlock next();
  // The next block in the form of the block store, several times faster; and on to the one behind it.
  ScannedBlock peek() const {
    const std::uint8_t* at = in_.since(in_.position()).data();
    return scan_block(at, at + in_.remaining(), {client_, clock_});
  }
  void step_over(const ScannedBlock& block) {
    if (block.failed) return fail();
    in_.read_bytes(block.bytes().size());
    --left_;
    clock_ = block.end_clock();
  }
  ScannedBlock scan() {
    const ScannedBlock block = peek();
    step_over(block);
    return block;
  }
  const lib0::Reader& reader() const { return in_; }

private:
  void fail();

  lib0::Reader in_;
  std::uint64_t left_;
  ClientId client_;
  Clock clock_;
};

// Reads one update, section by section, then its delete set.
// Format: docs/crdt-internals.md#update-v1.
class UpdateReader {
public:
  explicit UpdateReader(BytesView update);

  // The next section, or none when they are all read or the input is bad. Before the next call give the
  // section back with skip_to.
  std::optional<SectionReader> next_section();
  // `section` has been read to its end: goes on behind it.
  void skip_to(const SectionReader& section) { in_ = section.reader(); }

  // After the last section: calls `on_range(ClientId, ClockRange)` for every range, in the order of the
  // wire; none is empty.
  template <class OnRange>
  void read_delete_set(OnRange&& on_range);

  const lib0::Reader& reader() const { return in_; }

private:
  lib0::Reader in_;
  std::uint64_t sections_left_;
};

// How much is in an update.
struct UpdateSize {
  std::uint64_t blocks;
  std::uint64_t deleted_ranges;
};

// Checks it as check_update does.
Result<UpdateSize> measure_update(BytesView update);

// Reads all of `update`: every bound, every kind, every string. What passes can be read without a failure
// afterwards, and does not make Yjs throw. Fails with Errc::malformed.
Result<void> check_update(BytesView update);

// Reads a delete set as it stands at the end of an update; calls `on_range` as above. On failure `in` is
// failed.
template <class OnRange>
void read_delete_set(lib0::Reader& in, OnRange&& on_range) {
  const std::uint64_t clients = in.read_var_uint();
  for (std::uint64_t i = 0; i < clients && !in.failed(); ++i) {
    const ClientId client = read_client(in);
    const std::uint64_t ranges = in.read_var_uint();
    for (std::uint64_t k = 0; k < ranges && !in.failed(); ++k) {
      const ClockRange range = read_clock_range(in);
      // Yjs never writes one, and throws on one that it has to keep for later.
      if (!in.failed() && range.length == 0) in.fail("a deletion has no length");
      if (!in.failed()) on_range(client, range);
    }
  }
}

template <class OnRange>
void UpdateReader::read_delete_set(OnRange&& on_range) {
  crdt::read_delete_set(in_, on_range);
}

}  // namespace canvas::crdt
