#include "protocol/awareness.h"

#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::protocol {

Result<std::vector<AwarenessEntry>> read_awareness(BytesView update) {
  lib0::Reader in(update);
  const std::uint64_t count = in.read_var_uint();
  // An entry has at least a byte each for client, clock and length, and one of JSON.
  if (count > in.remaining() / 4) return malformed("an awareness message announces more clients than it has");
  std::vector<AwarenessEntry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t client = in.read_var_uint();
    const std::uint64_t clock = in.read_var_uint();
    entries.push_back({client, clock, in.read_json()});
  }
  if (in.failed()) return in.error();
  if (!in.at_end()) return malformed("bytes are left over behind an awareness message");
  return entries;
}

Bytes write_awareness(std::span<const AwarenessEntry> entries) {
  lib0::Writer out;
  out.write_var_uint(entries.size());
  for (const AwarenessEntry& entry : entries) {
    out.write_var_uint(entry.client);
    out.write_var_uint(entry.clock);
    out.write_var_string(entry.state);
  }
  return out.take();
}

}  // namespace canvas::protocol
