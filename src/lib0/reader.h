// Reads the lib0 encodings from bytes that nobody has checked yet.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "lib0/var_uint.h"

namespace canvas::lib0 {

// JavaScript's Number.MAX_SAFE_INTEGER: the largest value that lib0 reads and writes.
inline constexpr std::uint64_t max_safe_integer = (std::uint64_t{1} << 53) - 1;

// A cursor over borrowed bytes that fails once and stays failed: after a failure every read gives zero or
// nothing and remaining() is 0, so a loop over it ends, and its user asks failed() or error() once at the
// end. It never reads past the bytes and never allocates.
//
// A count that was read says nothing about how much is there: bound a loop by it, never an allocation.
// A value, used on one thread. Formats: lib0 0.2 `decoding.js`, docs/crdt-internals.md#lib0.
class Reader {
public:
  explicit Reader(BytesView bytes)
      : at_(bytes.data()), begin_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t read_u8() {
    if (at_ == end_) return fail_zero("input ends early");
    return *at_++;
  }

  // LEB128, at most max_safe_integer; overlong forms pass, as in lib0.
  std::uint64_t read_var_uint() {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    if (remaining() >= 8) {
      const std::uint64_t word = load_word(at_);
      if (const std::uint64_t ends = ~word & more_bits; ends != 0) {
        const unsigned size = var_uint_end(ends);
        const std::uint64_t value = unpack_var_uint(word << (64 - 8 * size) >> (64 - 8 * size));
        if (value <= max_safe_integer) {
          at_ += size;
          return value;
        }
      }
    }
    return read_long_var_uint();
  }

  // The sign is apart from the number, so that -0 is a value of its own.
  struct SignedInteger {
    bool negative;
    std::uint64_t magnitude;  // at most max_safe_integer
  };
  SignedInteger read_var_int();

  BytesView read_bytes(std::uint64_t count) {
    if (count > remaining()) {
      fail("a length is larger than what follows it");
      return {};
    }
    const BytesView bytes(at_, static_cast<std::size_t>(count));
    at_ += count;
    return bytes;
  }

  // A varUint length and that many bytes.
  BytesView read_var_bytes() { return read_bytes(read_var_uint()); }

  // The same, and it must be valid UTF-8 (lib0 decodes with `fatal: true`).
  std::string_view read_var_string();

  // One string that must be JSON as JSON.parse takes it; gives its text.
  std::string_view read_json();

  void fail(const char* why) {
    if (why_ == nullptr) why_ = why;
    at_ = end_;
  }

  [[nodiscard]] bool failed() const { return why_ != nullptr; }
  Error error() const { return malformed(why_ == nullptr ? "no error" : why_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }

  // Where the cursor is, and the bytes from an earlier such place up to here. Not to be asked after a
  // failure.
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  BytesView since(std::size_t position) const { return {begin_ + position, at_}; }

private:
  std::uint8_t fail_zero(const char* why) {
    fail(why);
    return 0;
  }
  std::uint64_t read_long_var_uint();

  const std::uint8_t* at_;
  const std::uint8_t* begin_;
  const std::uint8_t* end_;
  const char* why_ = nullptr;
};

}  // namespace canvas::lib0
