#include "crdt/doc/compact_bytes.h"

#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace canvas::crdt {

static_assert(std::endian::native == std::endian::little, "inline bytes lie in the upper bytes of the word");

// The bytes follow it. From malloc, so that growing can use realloc.
struct CompactBytes::Heap {
  std::uint32_t size;
  std::uint32_t capacity;

  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }

  // `old` may be null. What it held stays at the front.
  static Heap* allocate(Heap* old, std::size_t capacity) {
    if (capacity > std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc, cppcoreguidelines-owning-memory)
    auto* heap = static_cast<Heap*>(std::realloc(old, sizeof(Heap) + capacity));
    if (heap == nullptr) throw std::bad_alloc();
    heap->capacity = static_cast<std::uint32_t>(capacity);
    return heap;
  }
};

BytesView CompactBytes::view() const {
  if (!is_inline()) return {heap()->bytes(), heap()->size};
  return {reinterpret_cast<const std::uint8_t*>(&word_) + 1, inline_size()};
}

void CompactBytes::append(BytesView bytes) {
  if (bytes.empty()) return;
  const std::size_t old_size = view().size();
  const std::size_t new_size = old_size + bytes.size();
  if (is_inline() && new_size <= inline_capacity) {
    std::memcpy(reinterpret_cast<std::uint8_t*>(&word_) + 1 + old_size, bytes.data(), bytes.size());
    word_ = (word_ & ~std::uint64_t{0xff}) | (new_size << 1) | 1;
    return;
  }
  Heap* target = is_inline() ? nullptr : heap();
  if (target == nullptr) {
    target = Heap::allocate(nullptr, new_size);
    std::memcpy(target->bytes(), view().data(), old_size);
  } else if (target->capacity < new_size) {
    target = Heap::allocate(target, new_size + old_size / 2);
  }
  std::memcpy(target->bytes() + old_size, bytes.data(), bytes.size());
  target->size = static_cast<std::uint32_t>(new_size);
  word_ = reinterpret_cast<std::uint64_t>(target);
}

void CompactBytes::truncate(std::size_t size) {
  assert(size <= view().size());
  if (is_inline() || size <= inline_capacity) {
    CompactBytes shorter(view().first(size));
    std::swap(word_, shorter.word_);
    return;
  }
  Heap* kept = heap();
  if (kept->capacity > size + size / 2) kept = Heap::allocate(kept, size);
  kept->size = static_cast<std::uint32_t>(size);
  word_ = reinterpret_cast<std::uint64_t>(kept);
}

void CompactBytes::clear() {
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc, cppcoreguidelines-owning-memory)
  if (!is_inline()) std::free(heap());
  word_ = empty;
}

std::size_t CompactBytes::heap_bytes() const {
  return is_inline() ? 0 : sizeof(Heap) + heap()->capacity;
}

}  // namespace canvas::crdt
