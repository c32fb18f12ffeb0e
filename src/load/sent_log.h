// What one author has sent, and when each update was due: the stamps of a run.
#pragma once

#include <algorithm>
#include <deque>

#include "crdt/id.h"
#include "load/clock.h"

namespace canvas::load {

// An update is known by the clock at which it ends, whatever is in it: so a stamp needs no room in the
// update, and holds for a single character too.
class SentLog {
public:
  struct Entry {
    crdt::Clock end;
    Nanoseconds due;  // 0 where its latency says nothing: made while away, or sent again
  };
  using Iterator = std::deque<Entry>::const_iterator;
  struct Range {
    Iterator first;
    Iterator last;
    auto begin() const { return first; }
    auto end() const { return last; }
    std::uint64_t size() const { return static_cast<std::uint64_t>(last - first); }
  };

  void add(crdt::Clock end, Nanoseconds due) { entries_.push_back({end, due}); }
  crdt::Clock end() const { return entries_.empty() ? 0 : entries_.back().end; }

  // The updates that end in (from, to].
  Range between(crdt::Clock from, crdt::Clock to) const { return {after(from), after(to)}; }
  std::uint64_t count_after(crdt::Clock clock) const {
    return static_cast<std::uint64_t>(entries_.end() - after(clock));
  }

  // Latencies of what ends past `clock` say nothing any more.
  void stop_timing_after(crdt::Clock clock) {
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && entry->end > clock; ++entry)
      entry->due = 0;
  }

  // The same of what was due after `time`.
  void stop_timing_since(Nanoseconds time) {
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && (entry->due > time || entry->due == 0);
         ++entry) {
      entry->due = 0;
    }
  }

private:
  Iterator after(crdt::Clock clock) const {
    return std::upper_bound(entries_.begin(), entries_.end(), clock,
                            [](crdt::Clock value, const Entry& entry) { return value < entry.end; });
  }

  std::deque<Entry> entries_;
};

}  // namespace canvas::load
