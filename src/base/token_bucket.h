// A rate with a burst.
#pragma once

#include <algorithm>
#include <chrono>

namespace canvas {

// Fills at `per_second` up to `burst`, where it begins. Who takes past the bottom is in debt, and waits until
// that is paid; it is never larger than the burst. A rate of 0 means no limit. The clock is handed in.
class TokenBucket {
public:
  using Time = std::chrono::steady_clock::time_point;

  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(std::max(burst, 1.0)), tokens_(burst_) {}

  // Whether one can be taken without a debt.
  bool has(Time now) {
    fill(now);
    return per_second_ <= 0 || tokens_ >= 1;
  }
  bool is_full(Time now) {
    fill(now);
    return per_second_ <= 0 || tokens_ >= burst_;
  }

  // Takes one, there or not. Gives how long it is until there is no debt.
  std::chrono::milliseconds take(Time now) {
    fill(now);
    if (per_second_ > 0) tokens_ = std::max(tokens_ - 1, -burst_);
    return until(0);
  }
  // Takes one if it is there.
  [[nodiscard]] bool try_take(Time now) {
    if (!has(now)) return false;
    take(now);
    return true;
  }
  // From the last call: how long it is until there is one.
  std::chrono::milliseconds until_next() const { return until(1); }

private:
  void fill(Time now) {
    const std::chrono::duration<double> passed = now - filled_;
    if (passed.count() > 0 && filled_ != Time{})
      tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    filled_ = std::max(filled_, now);
  }
  std::chrono::milliseconds until(double wanted) const {
    if (per_second_ <= 0 || tokens_ >= wanted) return {};
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::duration<double>((wanted - tokens_) / per_second_));
  }

  double per_second_;
  double burst_;
  double tokens_;
  Time filled_{};
};

}  // namespace canvas
