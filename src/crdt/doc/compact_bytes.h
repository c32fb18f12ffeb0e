// Bytes in one machine word while they are few, on the heap when they are more.
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace canvas::crdt {

// The content of a stored block: most are empty (deleted) or a few bytes long, the others grow at their end
// as someone types. Owns its bytes; moves, does not copy. At most 4 GiB.
class CompactBytes {
public:
  static constexpr std::size_t inline_capacity = 7;

  CompactBytes() = default;
  explicit CompactBytes(BytesView bytes) { append(bytes); }
  CompactBytes(CompactBytes&& other) noexcept : word_(std::exchange(other.word_, empty)) {}
  CompactBytes& operator=(CompactBytes&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  CompactBytes(const CompactBytes&) = delete;
  CompactBytes& operator=(const CompactBytes&) = delete;
  ~CompactBytes() { clear(); }

  // Valid until this is changed or moved.
  BytesView view() const;

  // Amortised constant per byte. `bytes` is not part of this.
  void append(BytesView bytes);

  // Keeps the first `size` bytes, of at least as many, and no much more room than they need.
  void truncate(std::size_t size);

  void clear();

  // What is on the heap for this.
  std::size_t heap_bytes() const;

private:
  struct Heap;

  // Lowest bit set: the bytes are inside, their number in the next three bits, the bytes in the seven upper
  // bytes of the word (the machine is little-endian). Else the word is a Heap*.
  static constexpr std::uint64_t empty = 1;

  bool is_inline() const { return (word_ & 1) != 0; }
  std::size_t inline_size() const { return (word_ >> 1) & 7; }
  Heap* heap() const { return reinterpret_cast<Heap*>(word_); }  // NOLINT(performance-no-int-to-ptr)

  std::uint64_t word_ = empty;
};

}  // namespace canvas::crdt
