#include "crdt/state_vector.h"

#include <algorithm>

#include "lib0/writer.h"

namespace canvas::crdt {

StateVector::StateVector(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.client > b.client; });
  // Of equal clients the last stays: it overwrites the one kept before it.
  std::size_t kept = 0;
  for (const Entry& entry : entries_) {
    if (kept > 0 && entries_[kept - 1].client == entry.client) --kept;
    entries_[kept++] = entry;
  }
  entries_.resize(kept);
  std::erase_if(entries_, [](const Entry& entry) { return entry.clock == 0; });
}

Result<StateVector> StateVector::decode(BytesView bytes) {
  lib0::Reader in(bytes);
  const std::uint64_t count = in.read_var_uint();
  if (count > in.remaining() / 2) return malformed("a state vector announces more clients than it has");
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const ClientId client = read_client(in);
    entries.push_back({client, in.read_var_uint()});
  }
  if (in.failed()) return in.error();
  if (!in.at_end()) return malformed("bytes are left over behind a state vector");
  return StateVector(std::move(entries));
}

Bytes StateVector::encode() const {
  lib0::Writer out(1 + entries_.size() * 8);
  out.write_var_uint(entries_.size());
  for (const Entry& entry : entries_) {
    out.write_var_uint(value_of(entry.client));
    out.write_var_uint(entry.clock);
  }
  return out.take();
}

Clock StateVector::get(ClientId client) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), client,
                                   [](const Entry& entry, ClientId id) { return entry.client > id; });
  return at != entries_.end() && at->client == client ? at->clock : 0;
}

}  // namespace canvas::crdt
