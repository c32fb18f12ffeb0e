// Bytes on the heap that take little more memory than there are of them.
#pragma once

#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace canvas::crdt {

// Grows by a half where bytes are appended, else in steps of 64 bytes: a document has thousands of these, and
// only what is appended to is about to grow more. Owns its bytes; moves, does not copy. At most 4 GiB.
class StoredBytes {
public:
  StoredBytes() = default;
  explicit StoredBytes(BytesView bytes) { append(bytes); }

  const std::uint8_t* data() const { return data_.get(); }
  std::uint8_t* data() { return data_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  BytesView view() const { return {data_.get(), size_}; }
  std::size_t heap_bytes() const { return capacity_; }

  void reserve(std::size_t size) {
    if (size > capacity_) reallocate(size);
  }

  // `bytes` are not of this.
  void append(BytesView bytes) {
    if (bytes.size() > capacity_ - size_) grow(bytes.size());
    if (!bytes.empty()) std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += static_cast<std::uint32_t>(bytes.size());
  }
  void append(std::uint8_t byte) { append({&byte, 1}); }
  void append_var_uint(std::uint64_t value);

  // Puts `bytes`, which are not of this, in the place of what is in [from, to).
  void replace(std::size_t from, std::size_t to, BytesView bytes);

  // Keeps the memory.
  void truncate(std::size_t size);

  // Gives back what is not used.
  void seal() { give_back(0); }

private:
  struct Free {
    void operator()(std::uint8_t* bytes) const;
  };

  void reallocate(std::size_t size);
  void grow(std::size_t count);
  void give_back(std::size_t spare);

  std::unique_ptr<std::uint8_t[], Free> data_;  // from malloc, so that growing can use realloc
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace canvas::crdt
