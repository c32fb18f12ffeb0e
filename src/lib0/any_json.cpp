#include "lib0/any_json.h"

#include <limits>

#include "base/json_text.h"
#include "lib0/any.h"
#include "lib0/value_outline_internal.h"

namespace canvas::lib0 {
namespace {

constexpr std::size_t max_value_bytes = std::numeric_limits<std::uint32_t>::max();

// Writes a value as JSON.
class JsonSink {
public:
  explicit JsonSink(std::string& out) : out_(out) {}

  // Whether a member of an object with such a value is written.
  static bool keeps(const Token& value) { return value.kind != Token::Kind::undefined; }

  void scalar(const Token& token) {
    switch (token.kind) {
      case Token::Kind::no: out_ += "false"; return;
      case Token::Kind::yes: out_ += "true"; return;
      case Token::Kind::number: return append_json_number(out_, token.number);
      case Token::Kind::int64: out_ += std::to_string(token.int64); return;
      case Token::Kind::string: return append_json_text(out_, token.text);
      case Token::Kind::bytes: return bytes(as_bytes(token.text));
      default: out_ += "null";
    }
  }

  void open(Token::Kind kind, std::uint32_t) {
    out_ += kind == Token::Kind::object ? '{' : '[';
    is_first_ = true;
  }
  void child() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
  }
  void key(std::string_view key) {
    append_json_text(out_, key);
    out_ += ':';
  }
  void close(Token::Kind kind) {
    out_ += kind == Token::Kind::object ? '}' : ']';
    is_first_ = false;
  }

private:
  void bytes(BytesView bytes) {
    out_ += '{';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      out_ += i == 0 ? "\"" : ",\"";
      out_ += std::to_string(i);
      out_ += "\":";
      out_ += std::to_string(bytes[i]);
    }
    out_ += '}';
  }

  std::string& out_;
  bool is_first_ = true;  // nothing stands in the innermost container yet
};

// Writes a value as Any.
class AnySink {
public:
  explicit AnySink(Writer& out) : out_(out) {}

  static bool keeps(const Token&) { return true; }

  void scalar(const Token& token) {
    switch (token.kind) {
      case Token::Kind::no: return out_.write_u8(121);
      case Token::Kind::yes: return out_.write_u8(120);
      case Token::Kind::number: return write_any_number(out_, token.number);
      case Token::Kind::string: out_.write_u8(119); return text(token.text);
      default: return out_.write_u8(126);
    }
  }

  void open(Token::Kind kind, std::uint32_t count) {
    out_.write_u8(kind == Token::Kind::object ? 118 : 117);
    out_.write_var_uint(count);
  }
  void child() {}
  void key(std::string_view key) { text(key); }
  void close(Token::Kind) {}

private:
  // A surrogate without its partner becomes U+FFFD, which has as many bytes.
  void text(std::string_view text) {
    std::size_t at = text.find('\xed');
    if (at == std::string_view::npos) return out_.write_var_string(text);
    std::string replaced(text);
    for (; at != std::string::npos; at = replaced.find('\xed', at + 3)) {
      if (static_cast<unsigned char>(replaced[at + 1]) >= 0xa0) replaced.replace(at, 3, "\xef\xbf\xbd");
    }
    out_.write_var_string(replaced);
  }

  Writer& out_;
};

// Reads all of a source in the order of JavaScript and tells it to a sink.
template <class Source, class Sink>
class Transfer {
public:
  Transfer(Source& source, Sink& sink) : source_(source), sink_(sink) {}

  void run() {
    const std::size_t begin = source_.begin();
    const Token token = source_.token(begin);
    if (!is_container(token.kind)) return sink_.scalar(token);
    const Outline outline = Outliner<Source>(source_).run();
    ContainerFinder finder(outline);
    value(begin, token, finder);
    while (!open_.empty()) {
      Open& innermost = open_.back();
      if (innermost.seen == innermost.container.count) {
        sink_.close(innermost.head.kind);
        const std::size_t end = innermost.container.end;
        open_.pop_back();
        if (!open_.empty()) open_.back().at = end;
      } else if (innermost.head.kind == Token::Kind::object) {
        member(outline.members[innermost.container.first + innermost.seen++], finder);
      } else {
        element(innermost, finder);
      }
    }
  }

private:
  struct Open {
    Token head;
    Container container;
    std::uint32_t seen;
    std::size_t at;  // of an array: where the last of its children ended
  };

  void member(const Member& member, ContainerFinder& finder) {
    const Token token = source_.token(member.value);
    if (!Sink::keeps(token)) return;
    sink_.child();
    sink_.key(member.key);
    value(member.value, token, finder);
  }

  void element(Open& array, ContainerFinder& finder) {
    const std::size_t begin = source_.step(array.at, array.seen, array.head).at;
    ++array.seen;
    const Token token = source_.token(begin);
    array.at = token.end;
    sink_.child();
    value(begin, token, finder);
  }

  void value(std::size_t begin, const Token& token, ContainerFinder& finder) {
    if (!is_container(token.kind)) return sink_.scalar(token);
    const Container& container = finder.at(begin);
    sink_.open(token.kind, container.count);
    open_.push_back({token, container, 0, token.end});
  }

  Source& source_;
  Sink& sink_;
  std::vector<Open> open_;
};

template <class Source, class Sink>
void transfer(Source source, Sink sink) {
  Transfer(source, sink).run();
}

}  // namespace

bool write_any_as_json(Reader& in, std::string& out) {
  const std::size_t begin = in.position();
  skip_any(in);
  if (in.failed()) return false;
  const BytesView value = in.since(begin);
  if (value.size() > max_value_bytes) {
    in.fail("a value is larger than 4 GiB");
    return false;
  }
  if (value.front() == 127) return false;
  transfer(AnySource(value), JsonSink(out));
  return true;
}

Result<void> write_json_as_any(std::string_view json, Writer& out) {
  if (json.size() > max_value_bytes || !is_json_text(json)) return malformed("a value is not JSON");
  transfer(JsonSource(json), AnySink(out));
  return {};
}

std::string normalize_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  transfer(JsonSource(json), JsonSink(out));
  return out;
}

}  // namespace canvas::lib0
