// Columns: many small values of one meaning, kept together so that runs of them take a few bytes.
//
// A column does not say how many values it holds, and a run may claim 2^53 of them: whoever reads asks for
// one value at a time and bounds how many it asks for. Reading never loops over a run and never allocates for
// one. A reader that has nothing left, or finds what is not good, fails and gives zeros from then on, like
// Reader; lib0 itself gives the last value or zero for ever. Formats: lib0 0.2 `encoding.js` and
// `decoding.js`, docs/crdt-internals.md#update-v2. Values, used on one thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::lib0 {

// Bytes, each with the number of times that it comes; the last one, without a number, comes for ever.
class RleReader {
public:
  explicit RleReader(BytesView column) : in_(column) {}

  std::uint8_t read() {
    if (left_ == 0) next_run();
    if (!is_endless_) --left_;
    return value_;
  }
  const Reader& reader() const { return in_; }

private:
  void next_run();

  Reader in_;
  std::uint64_t left_ = 0;
  std::uint8_t value_ = 0;
  bool is_endless_ = false;
};

// Integers of 53 bits, a negative sign telling that a number of times follows.
class UintOptRleReader {
public:
  explicit UintOptRleReader(BytesView column) : in_(column) {}
  // `in` stands where the column begins.
  explicit UintOptRleReader(Reader in) : in_(in) {}

  std::uint64_t read() {
    if (left_ == 0) next_run();
    --left_;
    return value_;
  }
  const Reader& reader() const { return in_; }

private:
  void next_run();

  Reader in_;
  std::uint64_t left_ = 0;
  std::uint64_t value_ = 0;
};

// Integers as differences from the one before, the lowest bit telling that a number of times follows. Fails
// on a value that is negative or larger than 53 bits.
class IntDiffOptRleReader {
public:
  explicit IntDiffOptRleReader(BytesView column) : in_(column) {}

  std::uint64_t read();
  const Reader& reader() const { return in_; }

private:
  void next_run();

  Reader in_;
  std::uint64_t left_ = 0;
  std::int64_t difference_ = 0;
  std::int64_t value_ = 0;
};

// Strings: the text of all of them, then their lengths in UTF-16 units. Where a length cuts a character of
// two units, both strings have U+FFFD for their half, as in Yjs once they are written again.
class StringReader {
public:
  explicit StringReader(BytesView column);

  struct Text {
    std::string_view text;  // valid as long as the column and this
    std::uint64_t units;    // its length
  };
  Text read();
  const Reader& reader() const { return text_.failed() ? text_ : lengths_.reader(); }

private:
  Text read_cut(std::uint64_t units);

  Reader text_;  // failed, or behind the text
  std::string_view rest_;
  std::uint64_t rest_units_;
  bool is_in_pair_ = false;  // the first unit of `rest_` has been read
  UintOptRleReader lengths_;
  std::deque<std::string> cut_;  // strings that are not in the column as they are
};

// The writers: what the readers above read, byte for byte as lib0 writes it.
class RleWriter {
public:
  void write(std::uint8_t value) {
    if (count_ > 0 && value == value_) {
      ++count_;
      return;
    }
    if (count_ > 0) out_.write_var_uint(count_ - 1);
    out_.write_u8(value);
    value_ = value;
    count_ = 1;
  }
  BytesView finish() const { return out_.bytes(); }

private:
  Writer out_;
  std::uint64_t count_ = 0;
  std::uint8_t value_ = 0;
};

class UintOptRleWriter {
public:
  // At most max_safe_integer.
  void write(std::uint64_t value) {
    if (value != value_) flush();
    value_ = value;
    ++count_;
  }
  // Nothing is written after it.
  BytesView finish() {
    flush();
    return out_.bytes();
  }

private:
  void flush();

  Writer out_;
  std::uint64_t count_ = 0;
  std::uint64_t value_ = 0;
};

class IntDiffOptRleWriter {
public:
  // At most max_safe_integer.
  void write(std::uint64_t value) {
    const std::int64_t difference = static_cast<std::int64_t>(value) - static_cast<std::int64_t>(value_);
    if (difference != difference_) flush();
    difference_ = difference;
    value_ = value;
    ++count_;
  }
  // False once two neighbours differed by 2^52 or more, which the format cannot say.
  bool fits() const { return fits_; }
  // Nothing is written after it.
  BytesView finish() {
    flush();
    return out_.bytes();
  }

private:
  void flush();

  Writer out_;
  std::uint64_t count_ = 0;
  std::int64_t difference_ = 0;
  std::uint64_t value_ = 0;
  bool fits_ = true;
};

class StringWriter {
public:
  // `text` is valid UTF-8 of `units` UTF-16 units.
  void write(std::string_view text, std::uint64_t units) {
    text_.write_bytes(as_bytes(text));
    lengths_.write(units);
  }
  void write(std::string_view text);
  // Nothing is written after it.
  Bytes finish();

private:
  Writer text_;
  UintOptRleWriter lengths_;
};

}  // namespace canvas::lib0
