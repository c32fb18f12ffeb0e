#include "crdt/wire_delete_set.h"

#include <algorithm>
#include <optional>
#include <span>

#include "crdt/update_reader.h"

namespace canvas::crdt {
namespace {

// Calls `visit(client, entries)` for the entries of each client.
template <class Entry, class Visit>
void visit_clients(const std::vector<Entry>& entries, Visit&& visit) {
  for (std::size_t first = 0; first < entries.size();) {
    std::size_t end = first + 1;
    while (end < entries.size() && entries[end].client == entries[first].client) ++end;
    visit(entries[first].client, std::span(entries).subspan(first, end - first));
    first = end;
  }
}

template <class Entry>
std::size_t count_clients(const std::vector<Entry>& entries) {
  std::size_t clients = 0;
  visit_clients(entries, [&](ClientId, std::span<const Entry>) { ++clients; });
  return clients;
}

template <class Entry>
bool ascends(std::span<const Entry> entries) {
  return std::adjacent_find(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
           return a.range.end() > b.range.clock;
         }) == entries.end();
}

template <class Ranges, class RangeOf>
void write_ranges_v2(lib0::Writer& out, ClientId client, const Ranges& ranges, RangeOf range_of) {
  out.write_var_uint(value_of(client));
  out.write_var_uint(ranges.size());
  Clock end = 0;
  for (const auto& entry : ranges) {
    const ClockRange range = range_of(entry);
    out.write_var_uint(range.clock - end);
    out.write_var_uint(range.length - 1);
    end = range.end();
  }
}

}  // namespace

bool is_in_order(lib0::Reader in) {
  std::optional<ClientId> last_client;
  Clock last_end = 0;
  bool in_order = true;
  read_delete_set(in, [&](ClientId client, ClockRange range) {
    if (last_client == client) {
      in_order &= range.clock >= last_end;
    } else {
      in_order &= !last_client || *last_client > client;
      last_client = client;
    }
    last_end = range.end();
  });
  return in_order;
}

WireDeleteSet WireDeleteSet::read_v1(lib0::Reader& in) {
  WireDeleteSet set;
  read_delete_set(in, [&](ClientId client, ClockRange range) { set.entries_.push_back({client, range}); });
  return set;
}

WireDeleteSet WireDeleteSet::read_v2(lib0::Reader& in) {
  WireDeleteSet set;
  const std::uint64_t clients = in.read_var_uint();
  for (std::uint64_t i = 0; i < clients && !in.failed(); ++i) {
    const ClientId client = read_client(in);
    const std::uint64_t ranges = in.read_var_uint();
    Clock end = 0;
    for (std::uint64_t k = 0; k < ranges && !in.failed(); ++k) {
      const std::uint64_t distance = in.read_var_uint();
      const std::uint64_t length = in.read_var_uint() + 1;
      if (distance > max_clock - end || length > max_clock - end - distance) {
        in.fail("a clock is larger than 2^53 - 1");
      }
      if (in.failed()) break;
      set.entries_.push_back({client, {end + distance, length}});
      end += distance + length;
    }
  }
  return set;
}

void WireDeleteSet::write_v1(lib0::Writer& out) const {
  const std::vector<Entry> entries = by_client();
  out.write_var_uint(count_clients(entries));
  visit_clients(entries, [&](ClientId client, std::span<const Entry> ranges) {
    out.write_var_uint(value_of(client));
    out.write_var_uint(ranges.size());
    for (const Entry& entry : ranges) {
      out.write_var_uint(entry.range.clock);
      out.write_var_uint(entry.range.length);
    }
  });
}

void WireDeleteSet::write_v2(lib0::Writer& out) const {
  const std::vector<Entry> entries = by_client();
  out.write_var_uint(count_clients(entries));
  visit_clients(entries, [&](ClientId client, std::span<const Entry> ranges) {
    if (ascends(ranges)) {
      return write_ranges_v2(out, client, ranges, [](const Entry& entry) { return entry.range; });
    }
    WireDeleteSet alone;
    alone.entries_.assign(ranges.begin(), ranges.end());
    const DeleteSet joined = alone.joined();
    write_ranges_v2(out, client, joined.clients().begin()->second,
                    [](const ClockRange& range) { return range; });
  });
}

void WireDeleteSet::add(const WireDeleteSet& other) {
  entries_.insert(entries_.end(), other.entries_.begin(), other.entries_.end());
}

DeleteSet WireDeleteSet::joined() const {
  std::vector<Entry> sorted = entries_;
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return a.client != b.client ? a.client > b.client : a.range.clock < b.range.clock;
  });
  DeleteSet set;
  for (const Entry& entry : sorted) set.add(entry.client, entry.range);
  return set;
}

WireDeleteSet WireDeleteSet::of(const DeleteSet& deleted) {
  WireDeleteSet set;
  set.entries_.reserve(deleted.range_count());
  for (const auto& [client, ranges] : deleted.clients()) {
    for (const ClockRange& range : ranges) set.entries_.push_back({client, range});
  }
  return set;
}

std::vector<WireDeleteSet::Entry> WireDeleteSet::by_client() const {
  std::vector<Entry> entries = entries_;
  const auto descends = [](const Entry& a, const Entry& b) { return a.client > b.client; };
  if (!std::is_sorted(entries.begin(), entries.end(), descends)) {
    std::stable_sort(entries.begin(), entries.end(), descends);
  }
  return entries;
}

}  // namespace canvas::crdt
