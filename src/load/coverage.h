// How much of one author's work somebody has.
#pragma once

#include <algorithm>
#include <vector>

#include "crdt/id.h"

namespace canvas::load {

// Everything below next(), and ranges past it that wait for what lies between.
class Coverage {
public:
  crdt::Clock next() const { return next_; }
  bool has_gap() const { return !ahead_.empty(); }

  // False when all of it was there.
  bool add(crdt::Clock begin, crdt::Clock end) {
    if (end <= next_) return false;
    if (begin > next_) {
      const bool is_known = std::any_of(ahead_.begin(), ahead_.end(), [=](const crdt::ClockRange& range) {
        return range.clock <= begin && end <= range.end();
      });
      if (!is_known) ahead_.push_back({begin, end - begin});
      return !is_known;
    }
    next_ = end;
    while (take_adjacent()) {
    }
    return true;
  }

private:
  bool take_adjacent() {
    const auto adjacent = std::find_if(
        ahead_.begin(), ahead_.end(), [this](const crdt::ClockRange& range) { return range.clock <= next_; });
    if (adjacent == ahead_.end()) return false;
    next_ = std::max(next_, adjacent->end());
    ahead_.erase(adjacent);
    return true;
  }

  crdt::Clock next_ = 0;
  std::vector<crdt::ClockRange> ahead_;
};

}  // namespace canvas::load
