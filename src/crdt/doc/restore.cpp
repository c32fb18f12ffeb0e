#include "crdt/doc/restore.h"

#include <algorithm>
#include <limits>

#include "crdt/doc/restoration_internal.h"
#include "crdt/update_reader.h"

namespace canvas::crdt {
namespace {

// An update of no blocks and no deletions.
Bytes empty_update() {
  return {0, 0};
}

// Elements that live, or the clock's limit.
std::uint64_t count_living(const DocState& doc) {
  std::uint64_t count = 0;
  for (ClientIndex client = 0; client < doc.items.clients().size(); ++client) {
    doc.items.visit_from(client, 0, [&](const Item& item, Clock, std::uint64_t length) {
      if (!item.is_deleted()) count += length;
    });
  }
  return count;
}

Result<void> check_room(const DocState& present, const DocState& past) {
  if (present.waiting.find(present.own_client) != nullptr)
    return Error{Errc::invalid_use, "blocks of the client that restores wait"};
  const auto end_in = [&](const DocState& doc) {
    const std::optional<ClientIndex> client = doc.items.find_client(present.own_client);
    return client ? doc.items.end(*client) : 0;
  };
  const Clock end = end_in(present);
  if (end_in(past) > end)
    return Error{Errc::invalid_use,
                 "the past has blocks of the client that restores, which the present lacks"};
  // An element is copied at most twice: once more where a list is made anew.
  if (count_living(past) > (max_clock - end) / 2)
    return Error{Errc::too_large, "the clock of the client that restores is used up"};
  return {};
}

Doc::Options options_for(ClientId client) {
  return {.max_pending_bytes = std::numeric_limits<std::size_t>::max(), .client = client};
}

// The blocks of one client up to a clock.
struct SectionPart {
  ClientId client;
  std::uint64_t blocks = 0;
  lib0::Writer out{};
};

class SnapshotState {
public:
  explicit SnapshotState(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // False when not all of the client's blocks of that time are there.
  bool add_section(SectionReader& section) {
    SectionPart part{section.client()};
    const Clock end = snapshot_.state.get(part.client);
    Clock clock = 0;
    while (!section.at_end()) {
      const WireBlock block = section.next();
      if (block.id.clock >= end || section.reader().failed()) continue;
      const std::uint64_t length = std::min(block.length(), end - block.id.clock);
      if (length == 0) continue;
      if (block.id.clock != clock || !has_content(block, length)) return false;
      clock += length;
      write(part, block, length);
    }
    if (clock != end) return false;
    if (part.blocks > 0) parts_.push_back(std::move(part));
    return true;
  }

  std::size_t client_count() const { return parts_.size(); }

  Bytes encode() {
    std::sort(parts_.begin(), parts_.end(),
              [](const SectionPart& a, const SectionPart& b) { return a.client > b.client; });
    lib0::Writer out;
    out.write_var_uint(parts_.size());
    for (const SectionPart& part : parts_) {
      out.write_var_uint(part.blocks);
      out.write_var_uint(value_of(part.client));
      out.write_var_uint(0);
      out.write_bytes(part.out.bytes());
    }
    snapshot_.deleted.write(out);
    return out.take();
  }

private:
  bool has_content(const WireBlock& block, std::uint64_t length) const {
    if (block.kind == ContentKind::skip) return false;
    if (block.kind != ContentKind::gc && block.kind != ContentKind::deleted) return true;
    return snapshot_.deleted.covers(block.id.client, {block.id.clock, length});
  }

  static void write(SectionPart& part, WireBlock block, std::uint64_t length) {
    Bytes kept;
    if (length < block.length() && !block.content.bytes.empty()) {
      kept = split_content(block.kind, block.content.bytes, length).left;
      block.content.bytes = kept;
    }
    block.content.length = length;
    write_block(part.out, block);
    ++part.blocks;
  }

  const Snapshot& snapshot_;
  std::vector<SectionPart> parts_;
};

}  // namespace

Result<Restored> restore(Doc& present, const Doc& past) {
  if (const Result<void> checked = check_room(present.state(), past.state()); !checked)
    return checked.error();
  Transaction transaction(present.state());
  Restoration(transaction, present.state(), past.state()).run();
  Doc::Applied applied = transaction.finish();
  Bytes update = applied.changed ? transaction.encode() : empty_update();
  return Restored{applied.changed, std::move(update), std::move(applied.roots)};
}

Result<RestoringUpdate> restore_state(BytesView present_state, BytesView past_state, ClientId author) {
  Doc past(options_for(author));
  if (const Result<Doc::Applied> applied = past.apply(past_state); !applied) return applied.error();
  Doc present(options_for(author));
  if (const Result<Doc::Applied> applied = present.apply(present_state); !applied) return applied.error();
  // An update with blocks of the author has given the document another client.
  present.state().own_client = author;
  Result<Restored> restored = restore(present, past);
  if (!restored) return restored.error();
  return RestoringUpdate{restored->changed, std::move(restored->update)};
}

Result<Bytes> state_at_snapshot(BytesView state, const Snapshot& snapshot) {
  const Error gone{Errc::not_found, "content of that time is not there"};
  SnapshotState result(snapshot);
  UpdateReader reader(state);
  while (std::optional<SectionReader> section = reader.next_section()) {
    const bool is_there = result.add_section(*section);
    if (section->reader().failed()) return section->reader().error();
    if (!is_there) return gone;
    reader.skip_to(*section);
  }
  reader.read_delete_set([](ClientId, ClockRange) {});
  if (reader.reader().failed()) return reader.reader().error();
  if (!reader.reader().at_end()) return malformed("bytes are left over behind a state");
  if (result.client_count() != snapshot.state.entries().size()) return gone;
  return result.encode();
}

}  // namespace canvas::crdt
