// How often values fell into which range: what a histogram of Prometheus is made of.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace canvas {

// Upper ends in seconds, from what is too short to be felt to what somebody would call broken. 0.2 s is what
// people on one diagram are promised.
inline constexpr std::array<double, 15> latency_bounds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10};

// Upper ends for how many things were done at once.
inline constexpr std::array<double, 13> group_bounds{1,   2,   5,    10,   20,   50,    100,
                                                     200, 500, 1000, 2000, 5000, 10'000};

// Plain numbers, without a lock: of one thread, or under its owner's. A value: who reads it elsewhere copies.
class Histogram {
public:
  // `bounds` are the upper ends, ascending, and outlive all copies; a value that is equal to one belongs to
  // it.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  // O(bounds).
  void observe(double value);
  void observe(std::chrono::duration<double> time) { observe(time.count()); }

  std::span<const double> bounds() const { return bounds_; }
  // One for each bound, not cumulative, and at the end one for what is past them all.
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  std::uint64_t total() const;
  double sum() const { return sum_; }

private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace canvas
