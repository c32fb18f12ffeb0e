#include "crdt/stored_bytes.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "crdt/var_uint_internal.h"

namespace canvas::crdt {
namespace {

constexpr std::size_t step = 64;
constexpr std::size_t allocator_header = 8;  // with it a piece of memory is a multiple of the step

}  // namespace

void StoredBytes::append_var_uint(std::uint64_t value) {
  append(EncodedVarUint(value).view());
}

void StoredBytes::replace(std::size_t from, std::size_t to, BytesView bytes) {
  assert(from <= to && to <= size_);
  const std::size_t size = size_ - (to - from) + bytes.size();
  reserve(size);
  if (to - from != bytes.size()) {
    std::memmove(data_.get() + from + bytes.size(), data_.get() + to, size_ - to);
  }
  if (!bytes.empty()) std::memcpy(data_.get() + from, bytes.data(), bytes.size());
  size_ = static_cast<std::uint32_t>(size);
  give_back(step + size_ / 8);
}

void StoredBytes::truncate(std::size_t size) {
  assert(size <= size_);
  size_ = static_cast<std::uint32_t>(size);
}

void StoredBytes::reallocate(std::size_t size) {
  const std::size_t capacity = (size + allocator_header + step - 1) / step * step - allocator_header;
  if (capacity > std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc, cppcoreguidelines-owning-memory)
  auto* data = static_cast<std::uint8_t*>(std::realloc(data_.get(), capacity));
  if (data == nullptr) throw std::bad_alloc();
  (void)data_.release();
  data_.reset(data);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

void StoredBytes::grow(std::size_t count) {
  reallocate(std::max(size_ + count, std::size_t{size_} + size_ / 2));
}

void StoredBytes::give_back(std::size_t spare) {
  if (capacity_ - size_ > spare + step) reallocate(size_);
}

void StoredBytes::Free::operator()(std::uint8_t* bytes) const {
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc, cppcoreguidelines-owning-memory)
}

}  // namespace canvas::crdt
