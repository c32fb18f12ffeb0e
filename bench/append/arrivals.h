// Which updates of one author one receiver has got.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace canvas::bench {

enum class Arrival { first, again };

// Exact in whatever order they come, and without an allocation while they come in order.
class Arrivals {
public:
  Arrival add(std::uint32_t sequence) {
    if (sequence >= next_) {
      if (sequence > next_) missing_.push_back({next_, sequence});
      next_ = sequence + 1;
      return Arrival::first;
    }
    return fill_gap(sequence) ? Arrival::first : Arrival::again;
  }

private:
  struct Gap {
    std::uint32_t begin;
    std::uint32_t end;
  };

  bool fill_gap(std::uint32_t sequence) {
    const auto gap = std::find_if(missing_.begin(), missing_.end(), [sequence](const Gap& candidate) {
      return candidate.begin <= sequence && sequence < candidate.end;
    });
    if (gap == missing_.end()) return false;
    const Gap before{gap->begin, sequence};
    const Gap after{sequence + 1, gap->end};
    missing_.erase(gap);
    if (before.begin < before.end) missing_.push_back(before);
    if (after.begin < after.end) missing_.push_back(after);
    return true;
  }

  std::uint32_t next_ = 0;    // one more than the largest that came
  std::vector<Gap> missing_;  // below next_; disjoint
};

}  // namespace canvas::bench
