#include "crdt/scanned_block.h"

#include "base/utf8.h"
#include "crdt/var_uint_internal.h"
#include "crdt/wire_block.h"
#include "lib0/any.h"

namespace canvas::crdt {
namespace {

// A cursor like lib0::Reader, but one that lives in registers and notices integers that are longer than they
// must be.
class Scan {
public:
  Scan(const std::uint8_t* at, const std::uint8_t* limit) : at_(at), limit_(limit) {}

  const std::uint8_t* at() const { return at_; }
  bool failed() const { return failed_; }
  bool is_shortest() const { return is_shortest_; }

  [[gnu::always_inline]] inline std::uint8_t byte() {
    if (at_ == limit_) return fail();
    return *at_++;
  }

  [[gnu::always_inline]] inline std::uint64_t var_uint() {
    if (at_ != limit_ && *at_ < 0x80) return *at_++;
    if (limit_ - at_ >= 8) {
      const std::uint64_t word = lib0::load_word(at_);
      const std::uint64_t ends = ~word & lib0::more_bits;
      if (ends != 0) return take(word, 0, lib0::var_uint_end(ends));
    }
    return slow_var_uint();
  }

  [[gnu::always_inline]] inline Id id() {
    if (limit_ - at_ >= 8) {
      const std::uint64_t word = lib0::load_word(at_);
      const std::uint64_t first = ~word & lib0::more_bits;
      if (const std::uint64_t second = first & (first - 1); second != 0) {
        const unsigned middle = lib0::var_uint_end(first);
        const unsigned end = lib0::var_uint_end(second);
        const std::uint64_t client = pack(word, 0, middle);
        const std::uint64_t clock = pack(word, middle, end);
        at_ += end;
        if (client > max_clock || clock > max_clock) fail();
        return {ClientId{client}, clock};
      }
    }
    const std::uint64_t client = var_uint();
    return {ClientId{client}, var_uint()};
  }

  BytesView bytes(std::uint64_t count) {
    if (count > static_cast<std::uint64_t>(limit_ - at_)) {
      fail();
      return {};
    }
    const BytesView bytes(at_, static_cast<std::size_t>(count));
    at_ += count;
    return bytes;
  }

  struct Text {
    const std::uint8_t* begin;
    std::uint64_t length;  // in UTF-16 units
  };
  [[gnu::always_inline]] inline Text text() {
    const BytesView text = bytes(var_uint());
    std::size_t i = 0;
    while (text.size() - i >= 8 && (lib0::load_word(text.data() + i) & lib0::more_bits) == 0) i += 8;
    while (i < text.size() && text[i] < 0x80) ++i;
    if (i == text.size()) return {text.data(), i};
    const std::string_view rest = as_text(text.subspan(i));
    if (!is_valid_utf8(rest)) fail();
    return {text.data(), failed_ ? 0 : i + utf16_length(rest)};
  }

  void any() {
    switch (at_ == limit_ ? 0 : *at_) {
      case 127:
      case 126:
      case 121:
      case 120: ++at_; return;
      case 124:
        ++at_;
        bytes(4);
        return;
      case 123:
      case 122:
        ++at_;
        bytes(8);
        return;
      case 125: {
        // Seven bytes of a varInt are 48 bits at most.
        const std::uint8_t* end = at_ + 1;
        const std::uint8_t* near = limit_ - at_ > 8 ? at_ + 8 : limit_;
        while (end != near && *end >= 0x80) ++end;
        if (end == near) break;
        at_ = end + 1;
        return;
      }
      case 119:
        ++at_;
        inner_text();
        return;
      default: break;
    }
    lib0::Reader in({at_, limit_});
    lib0::skip_any(in);
    step_over(in);
  }

  Content content(ContentKind kind) {
    lib0::Reader in({at_, limit_});
    const Content content = read_content(in, kind);
    step_over(in);
    return content;
  }

  std::uint8_t fail() {
    failed_ = true;
    at_ = limit_;
    return 0;
  }

private:
  void step_over(const lib0::Reader& in) {
    if (in.failed()) {
      fail();
    } else {
      at_ += in.position();
    }
  }

  // Inside a content lengths stay as they came.
  void inner_text() {
    const bool was_shortest = is_shortest_;
    text();
    is_shortest_ = was_shortest;
  }

  // The integer in the bytes [begin, end) of a word.
  [[gnu::always_inline]] inline std::uint64_t pack(std::uint64_t word, unsigned begin, unsigned end) {
    const std::uint64_t last = word >> (8 * end - 8) & 0x7f;
    is_shortest_ &= last != 0 || end - begin == 1;
    return lib0::unpack_var_uint(word << (64 - 8 * end) >> (64 - 8 * end + 8 * begin));
  }

  [[gnu::always_inline]] inline std::uint64_t take(std::uint64_t word, unsigned begin, unsigned end) {
    const std::uint64_t value = pack(word, begin, end);
    at_ += end;
    return value > max_clock ? fail() : value;
  }

  std::uint64_t slow_var_uint() {
    lib0::Reader in({at_, limit_});
    const std::uint64_t value = in.read_var_uint();
    step_over(in);
    if (!failed_) is_shortest_ &= in.position() == lib0::var_uint_size(value);
    return value;
  }

  const std::uint8_t* at_;
  const std::uint8_t* limit_;
  bool failed_ = false;
  bool is_shortest_ = true;
};

constexpr std::uint8_t wire_kind_bits = 0x1f;

[[gnu::always_inline]] inline bool is_from_the_future(const Id& reference, const Id& block) {
  return reference.client == block.client && reference.clock >= block.clock;
}

void scan_parent(Scan& scan, ScannedBlock& block) {
  const std::uint64_t form = scan.var_uint();
  block.is_shortest &= form <= 1;  // the others mean 0
  if (form == 1) {
    scan.text();
  } else {
    block.has_item_parent = true;
    block.parent_id = scan.id();
    if (is_from_the_future(block.parent_id, block.id)) scan.fail();
  }
  if (block.in_map()) scan.text();
}

[[gnu::always_inline]] inline void scan_references(Scan& scan, ScannedBlock& block) {
  if (block.has_origin()) {
    block.origin_id = scan.id();
    if (is_from_the_future(block.origin_id, block.id)) scan.fail();
  }
  block.right_origin = scan.at();
  if (block.has_right_origin()) {
    block.right_origin_id = scan.id();
    if (is_from_the_future(block.right_origin_id, block.id)) scan.fail();
  } else if (!block.has_origin()) {
    scan_parent(scan, block);
  }
}

// Of a content that begins with a number which is the writer's, not part of it.
void scan_numbered(Scan& scan, ScannedBlock& block, std::uint64_t number) {
  const auto size = static_cast<std::size_t>(block.payload - block.content);
  if (!scan.failed()) block.is_shortest &= size == lib0::var_uint_size(number);
}

[[gnu::always_inline]] inline void scan_content(Scan& scan, ScannedBlock& block) {
  const ContentKind kind = block.kind();
  block.length = 1;
  switch (kind) {
    case ContentKind::gc:
    case ContentKind::deleted:
    case ContentKind::skip:
      block.length = scan.var_uint();
      block.payload = scan.at();
      return;
    case ContentKind::string: {
      const Scan::Text text = scan.text();
      block.payload = text.begin;
      block.length = text.length;
      return;
    }
    case ContentKind::any:
      block.length = scan.var_uint();
      block.payload = scan.at();
      for (std::uint64_t i = 0; i < block.length && !scan.failed(); ++i) scan.any();
      return;
    case ContentKind::json:
    case ContentKind::binary:
    case ContentKind::embed: {
      const Content content = scan.content(kind);
      block.length = content.length;
      block.payload = content.bytes.data();
      scan_numbered(scan, block, kind == ContentKind::json ? content.length : content.bytes.size());
      return;
    }
    case ContentKind::format:
    case ContentKind::type:
    case ContentKind::doc:
      block.payload = scan.at();
      (void)scan.content(kind);
      return;
  }
}

}  // namespace

ScannedBlock scan_block(const std::uint8_t* at, const std::uint8_t* limit, Id id) {
  Scan scan(at, limit);
  // Clearing all of it first would take as long as reading it; ids that are not there stay unset.
  ScannedBlock block;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  block.begin = block.right_origin = block.content = block.payload = block.end = at;
  block.length = 0;
  block.id = id;
  block.has_item_parent = false;
  block.is_shortest = true;
  block.failed = false;
  const std::uint8_t info = block.info = scan.byte();
  if (scan.failed() || (info & wire_kind_bits) > last_content_kind) {
    block.failed = true;
    return block;
  }
  if (block.kind() == ContentKind::gc || block.kind() == ContentKind::skip) {
    block.is_shortest = info == static_cast<std::uint8_t>(block.kind());
  } else {
    scan_references(scan, block);
  }
  block.content = scan.at();
  scan_content(scan, block);
  block.end = scan.at();
  block.is_shortest &= scan.is_shortest();
  block.failed = scan.failed() || block.length > max_clock - id.clock;
  return block;
}

ShortenedBlock::ShortenedBlock(const ScannedBlock& block) {
  lib0::Reader in(block.bytes());
  write_block(bytes_, read_block(in, block.id.client, block.id.clock));
  const BytesView bytes = bytes_.bytes();
  block_ = scan_block(bytes.data(), bytes.data() + bytes.size(), block.id);
  assert(block_.is_shortest && !block_.failed);
}

}  // namespace canvas::crdt
