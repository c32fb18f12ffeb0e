// Counts of latencies, in a fixed amount of memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "load/clock.h"

namespace canvas::load {

// Log-linear, after HdrHistogram: each power of two is cut into 64 steps, so that a quantile is at most 1.6 %
// too large; the maximum is exact.
class QuantileHistogram {
public:
  // A negative value counts as 0.
  void record(Nanoseconds value) {
    const auto magnitude = static_cast<std::uint64_t>(std::max<Nanoseconds>(value, 0));
    ++counts_[bucket_of(magnitude)];
    ++count_;
    max_ = std::max(max_, magnitude);
  }

  std::uint64_t count() const { return count_; }
  double max_milliseconds() const { return static_cast<double>(max_) / 1e6; }

  // The smallest value that at least `fraction` of the values do not exceed; 0 when there are none.
  double quantile_milliseconds(double fraction) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size() && count_ > 0; ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted && seen > 0) return static_cast<double>(std::min(highest_of(bucket), max_)) / 1e6;
    }
    return 0;
  }

private:
  static constexpr unsigned step_bits = 6;
  static constexpr std::uint64_t steps = 1 << step_bits;

  static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value < 2 * steps) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - step_bits - 1;
    return static_cast<std::size_t>(shift * steps + (value >> shift));
  }

  static constexpr std::uint64_t highest_of(std::size_t bucket) {
    if (bucket < 2 * steps) return bucket;
    const std::uint64_t shift = bucket / steps - 1;
    return ((bucket - shift * steps + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - step_bits + 1) * steps> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace canvas::load
