#include "crdt/update_v2_reader.h"

#include "base/json_text.h"
#include "crdt/wire_format_internal.h"
#include "lib0/any.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

constexpr std::uint64_t free_budget = 16u << 20;
constexpr std::uint64_t budget_per_byte = 32;
constexpr std::uint64_t block_cost = 16;

// The byte before the columns: features that Yjs has reserved it for, and none exist.
lib0::Reader behind_features(BytesView update) {
  lib0::Reader in(update);
  if (in.read_var_uint() != 0) in.fail("an update has features that are not known");
  return in;
}

}  // namespace

UpdateV2Reader::UpdateV2Reader(BytesView update)
    : rest_(behind_features(update)),
      key_clocks_(rest_.read_var_bytes()),
      clients_(rest_.read_var_bytes()),
      left_clocks_(rest_.read_var_bytes()),
      right_clocks_(rest_.read_var_bytes()),
      infos_(rest_.read_var_bytes()),
      strings_(rest_.read_var_bytes()),
      parent_infos_(rest_.read_var_bytes()),
      type_references_(rest_.read_var_bytes()),
      lengths_(rest_.read_var_bytes()),
      sections_left_(rest_.read_var_uint()),
      budget_(free_budget + budget_per_byte * update.size()) {}

std::optional<WireBlock> UpdateV2Reader::next() {
  std::optional<WireBlock> block;  // the only thing returned, so that it is never copied
  while (blocks_left_ == 0) {
    if (!next_section()) return block;
  }
  --blocks_left_;
  spend(block_cost);
  read_block(block.emplace());
  if (failed()) {
    blocks_left_ = sections_left_ = 0;
    block.reset();
  } else {
    clock_ = block->end();
  }
  return block;
}

bool UpdateV2Reader::next_section() {
  if (sections_left_ == 0 || failed()) return false;
  --sections_left_;
  blocks_left_ = rest_.read_var_uint();
  client_ = ClientId{clients_.read()};
  clock_ = rest_.read_var_uint();
  return true;
}

void UpdateV2Reader::read_block(WireBlock& block) {
  block.id = {client_, clock_};
  const std::uint8_t info = infos_.read();
  if ((info & kind_bits) > last_content_kind) {
    return rest_.fail("a block has an unknown content");
  }
  block.kind = ContentKind{static_cast<std::uint8_t>(info & kind_bits)};
  if (block.kind != ContentKind::gc && block.kind != ContentKind::skip) read_references(info, block);
  block.content = read_content(block.kind);
  if (block.content.length > max_clock - clock_) rest_.fail("a clock is larger than 2^53 - 1");
}

void UpdateV2Reader::read_references(std::uint8_t info, WireBlock& block) {
  const auto read_left_id = [this] {
    const ClientId client{clients_.read()};
    return Id{client, left_clocks_.read()};
  };
  if ((info & has_origin) != 0) block.origin = read_left_id();
  if ((info & has_right_origin) != 0) {
    const ClientId client{clients_.read()};
    block.right_origin = Id{client, right_clocks_.read()};
  }
  block.in_map = (info & has_parent_sub) != 0;
  if (!block.origin && !block.right_origin) {
    if (parent_infos_.read() == 1) {
      block.parent = Parent{strings_.read().text, {}};
    } else {
      block.parent = Parent{std::nullopt, read_left_id()};
    }
    if (block.in_map) block.parent_sub = strings_.read().text;
  }
  if (refers_to_the_future(block) && !failed()) rest_.fail("a block refers to one that is made after it");
}

Content UpdateV2Reader::read_content(ContentKind kind) {
  content_.clear();
  switch (kind) {
    case ContentKind::skip: return {rest_.read_var_uint(), {}};
    case ContentKind::gc:
    case ContentKind::deleted: return {lengths_.read(), {}};
    case ContentKind::json: return read_json_values();
    case ContentKind::binary: return {1, rest_.read_var_bytes()};
    case ContentKind::string: {
      const lib0::StringReader::Text text = strings_.read();
      return {text.units, as_bytes(text.text)};
    }
    case ContentKind::embed: return {1, as_bytes(read_any_as_json())};
    case ContentKind::format:
      content_.write_var_string(read_key());
      content_.write_var_string(read_any_as_json());
      return {1, content_.bytes()};
    case ContentKind::type: return read_type();
    case ContentKind::any: return read_any_values();
    case ContentKind::doc: return read_doc();
  }
  return {0, {}};
}

Content UpdateV2Reader::read_json_values() {
  const std::uint64_t count = lengths_.read();
  for (std::uint64_t i = 0; i < count && !failed(); ++i) {
    const std::string_view text = strings_.read().text;
    if (text == undefined_json) {
      content_.write_var_string(text);
    } else if (is_json_text(text)) {
      content_.write_var_string(lib0::normalize_json(text));
    } else {
      rest_.fail("a value is not JSON");
    }
  }
  return {count, content_.bytes()};
}

Content UpdateV2Reader::read_any_values() {
  const std::uint64_t count = lengths_.read();
  const std::size_t start = rest_.position();
  for (std::uint64_t i = 0; i < count && !rest_.failed(); ++i) lib0::skip_any(rest_);
  if (rest_.failed()) return {0, {}};
  return {count, rest_.since(start)};
}

Content UpdateV2Reader::read_type() {
  const std::uint64_t reference = type_references_.read();
  if (reference > last_type_reference) rest_.fail("a block has an unknown type");
  content_.write_var_uint(reference);
  if (is_named_type(reference)) content_.write_var_string(read_key());
  return {1, content_.bytes()};
}

Content UpdateV2Reader::read_doc() {
  content_.write_var_string(strings_.read().text);
  lib0::Reader options = rest_;
  // Yjs reads fields of the options without a look at what they are.
  if (options.read_u8() != any_object_tag) rest_.fail("the options of a sub-document are not an object");
  const std::size_t start = rest_.failed() ? 0 : rest_.position();
  lib0::skip_any(rest_);
  if (rest_.failed()) return {0, {}};
  content_.write_bytes(rest_.since(start));
  return {1, content_.bytes()};
}

// Keys are numbered as they come; Yjs never names a number twice but reads those that do.
std::string_view UpdateV2Reader::read_key() {
  const std::uint64_t clock = key_clocks_.read();
  if (clock < keys_.size()) {
    const std::string_view key = keys_[static_cast<std::size_t>(clock)];
    spend(key.size());
    return key;
  }
  keys_.push_back(strings_.read().text);
  return keys_.back();
}

std::string_view UpdateV2Reader::read_any_as_json() {
  json_.clear();
  if (!lib0::write_any_as_json(rest_, json_)) rest_.fail("a value is undefined where there must be one");
  return json_;
}

void UpdateV2Reader::spend(std::uint64_t bytes) {
  if (bytes > budget_) {
    rest_.fail("an update announces more blocks than it may");
    return;
  }
  budget_ -= bytes;
}

Result<void> UpdateV2Reader::finish() const {
  if (const lib0::Reader* bad = first_failed()) return bad->error();
  if (!rest_.at_end()) return malformed("bytes are left over behind an update");
  return {};
}

bool UpdateV2Reader::failed() const {
  return rest_.failed() || key_clocks_.reader().failed() || clients_.reader().failed() ||
         left_clocks_.reader().failed() || right_clocks_.reader().failed() || infos_.reader().failed() ||
         strings_.reader().failed() || parent_infos_.reader().failed() ||
         type_references_.reader().failed() || lengths_.reader().failed();
}

const lib0::Reader* UpdateV2Reader::first_failed() const {
  for (const lib0::Reader* reader :
       {&rest_, &key_clocks_.reader(), &clients_.reader(), &left_clocks_.reader(), &right_clocks_.reader(),
        &infos_.reader(), &strings_.reader(), &parent_infos_.reader(), &type_references_.reader(),
        &lengths_.reader()}) {
    if (reader->failed()) return reader;
  }
  return nullptr;
}

Result<void> check_update_v2(BytesView update) {
  UpdateV2Reader reader(update);
  while (reader.next()) {
  }
  reader.read_delete_set();
  return reader.finish();
}

}  // namespace canvas::crdt
