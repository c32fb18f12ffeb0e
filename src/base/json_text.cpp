#include "base/json_text.h"

#include <bitset>
#include <cstdint>

#include "base/ascii.h"
#include "base/utf8.h"

namespace canvas {
namespace {

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A cursor over one text; every step says whether the text is still good.
class JsonScanner {
public:
  explicit JsonScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool scan() {
    // Each turn reads one value, or opens a container; then closes all that end after it.
    for (;;) {
      skip_space();
      if (at_ == end_) return false;
      if (*at_ == '[' || *at_ == '{') {
        if (depth_ == max_json_depth) return false;
        const bool object = *at_++ == '{';
        is_object_[depth_++] = object;
        skip_space();
        if (!take(object ? '}' : ']')) {
          if (object && !key()) return false;
          continue;
        }
        --depth_;
      } else if (!scalar()) {
        return false;
      }
      const Next next = after_value();
      if (next == Next::bad) return false;
      if (next == Next::end) return true;
    }
  }

private:
  enum class Next { value, end, bad };

  // Closes the containers that end here, and steps over the comma to the next value.
  Next after_value() {
    for (;;) {
      skip_space();
      if (depth_ == 0) return at_ == end_ ? Next::end : Next::bad;
      const bool object = is_object_[depth_ - 1];
      if (take(',')) {
        skip_space();
        return !object || key() ? Next::value : Next::bad;
      }
      if (!take(object ? '}' : ']')) return Next::bad;
      --depth_;
    }
  }

  bool key() {
    if (!string()) return false;
    skip_space();
    return take(':');
  }

  bool scalar() {
    switch (*at_) {
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool word(std::string_view expected) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, expected.size()) != expected) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_ || !is_hex_digit(*at_++)) return false;
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool digits() {
    const char* first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  const char* at_;
  const char* end_;
  std::bitset<max_json_depth> is_object_;
  std::size_t depth_ = 0;
};

}  // namespace

bool is_json_text(std::string_view text) {
  return JsonScanner(text).scan();
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c >= 0x80) {
      const std::size_t length = utf8_sequence_length(text);
      out += length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
      text.remove_prefix(length == 0 ? 1 : length);
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7f) {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else {
      out += static_cast<char>(c);
    }
    text.remove_prefix(1);
  }
  out += '"';
}

}  // namespace canvas
