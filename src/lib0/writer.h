// Writes the lib0 encodings into bytes that it owns.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace canvas::lib0 {

// A value, used on one thread. Formats: lib0 0.2 `encoding.js`.
class Writer {
public:
  Writer() = default;
  explicit Writer(std::size_t expected_bytes) { bytes_.reserve(expected_bytes); }

  void write_u8(std::uint8_t byte) { bytes_.push_back(byte); }

  // Changes a byte that has been written.
  void set_u8(std::size_t position, std::uint8_t byte) { bytes_[position] = byte; }

  // At most max_safe_integer.
  void write_var_uint(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }

  // The sign apart from the number, as Reader::read_var_int gives them: -0 is not 0. `magnitude` is at most
  // 2 * max_safe_integer + 1.
  void write_var_int(bool negative, std::uint64_t magnitude) {
    const unsigned first = (magnitude > 0x3f ? 0x80u : 0u) | (negative ? 0x40u : 0u);
    bytes_.push_back(static_cast<std::uint8_t>(first | (magnitude & 0x3f)));
    if (magnitude > 0x3f) write_var_uint(magnitude >> 6);
  }

  void write_bytes(BytesView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  // A varUint length and the bytes.
  void write_var_bytes(BytesView bytes) {
    write_var_uint(bytes.size());
    write_bytes(bytes);
  }

  // `text` is valid UTF-8.
  void write_var_string(std::string_view text) { write_var_bytes(as_bytes(text)); }

  std::size_t size() const { return bytes_.size(); }
  BytesView bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }
  // Nothing is written any more; the memory stays.
  void clear() { bytes_.clear(); }

private:
  Bytes bytes_;
};

// How many bytes write_var_uint makes of `value`.
constexpr std::size_t var_uint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace canvas::lib0
