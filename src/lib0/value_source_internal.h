// One value, as Any or as JSON text, read piece by piece from any place in it that one knows.
//
// Text is UTF-8, but that a surrogate without its partner is the three bytes that UTF-8 would have for it if
// it allowed that (ED A0 80 to ED BF BF): JavaScript tells such strings apart.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace canvas::lib0 {

// What stands at some place of a value: all of a scalar, or the head of a container.
struct Token {
  enum class Kind : std::uint8_t { undefined, null, no, yes, number, int64, string, bytes, array, object };
  Kind kind;
  std::size_t end;             // the place behind it
  double number = 0;           // of Kind::number
  std::int64_t int64 = 0;      // of Kind::int64
  std::string_view text = {};  // of Kind::string and Kind::bytes; valid until the source is asked again
  std::uint64_t count = 0;     // of containers of an AnySource: how many children follow
};

constexpr bool is_container(Token::Kind kind) {
  return kind == Token::Kind::array || kind == Token::Kind::object;
}

// A key of an object; the text is valid as long as the source and its value.
struct Key {
  std::string_view text;
  std::size_t end;  // the place of its value
};

// Reads an Any value that skip_any has taken.
class AnySource {
public:
  explicit AnySource(BytesView value) : bytes_(value) {}

  std::size_t size() const { return bytes_.size(); }
  static std::size_t begin() { return 0; }
  Token token(std::size_t at) const;

  // What follows `at` in a container of which `seen` children have been read.
  struct Step {
    bool is_end;     // of the container
    std::size_t at;  // the place behind the container, or of the next child or its key
  };
  static Step step(std::size_t at, std::uint64_t seen, const Token& container) {
    return {seen == container.count, at};
  }
  Key key(std::size_t at) const;

  // lib0 assigns this one, which sets the prototype and makes no key.
  static bool keeps(std::string_view key) { return key != "__proto__"; }

private:
  BytesView bytes_;
};

// Reads JSON text that is_json_text has taken.
class JsonSource {
public:
  using Step = AnySource::Step;

  explicit JsonSource(std::string_view text) : text_(text) {}

  std::size_t size() const { return text_.size(); }
  std::size_t begin() const { return skip_space(0); }
  Token token(std::size_t at);
  Step step(std::size_t at, std::uint64_t seen, const Token& container) const;
  Key key(std::size_t at);

  static bool keeps(std::string_view) { return true; }

private:
  std::size_t skip_space(std::size_t at) const;
  Token read_number(std::size_t at) const;

  std::string_view text_;
  std::string scratch_;           // the text of the last token, where it has escapes
  std::deque<std::string> keys_;  // those that have escapes
};

}  // namespace canvas::lib0
