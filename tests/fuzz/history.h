// Turns the bytes of a fuzzer into what honest replicas could have written.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace canvas::fuzz {

// Gives small numbers from bytes; zeros when there are none left.
class Choices {
public:
  explicit Choices(BytesView bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  // One byte's worth, below `limit`; 0 when limit is 0.
  std::uint64_t below(std::uint64_t limit);
  BytesView take(std::uint64_t count);
  BytesView rest() { return take(left_.size()); }

private:
  BytesView left_;
};

// Some replicas that write blocks of every kind, delete, and know of each other what the bytes say; one
// update a step, each building only on steps before it. A few updates are differences of what a store had at
// that moment.
std::vector<Bytes> make_history(Choices& choices);

}  // namespace canvas::fuzz
