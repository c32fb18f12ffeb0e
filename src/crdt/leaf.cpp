#include "crdt/leaf.h"

#include <algorithm>
#include <limits>

#include "base/utf8.h"

namespace canvas::crdt {
namespace {

// Stored blocks that are to be put in the place of others. There is one at a time in a thread.
class Replacement {
public:
  explicit Replacement(ClientId self) : self_(self), bytes_(scratch()) { bytes_.truncate(0); }

  void add(const StoredBlock& block, Clock clock) {
    if (may_join(block) && can_join(last_head(), block, {self_, clock})) {
      return append_joined(bytes_, last_, block);
    }
    begin_block();
    bytes_.append(block.bytes());
    counts_.add(block);
  }

  void add_deleted_type(const StoredBlock& block) {
    begin_block();
    bytes_.append(block.bytes());
    bytes_.data()[last_] |= StoredInfo::deleted_type_bit;
    counts_.add(last_info());
  }

  // Gives the size of its payload.
  std::size_t add_part(const PlacedBlock& whole, Clock from, Clock to) {
    begin_block();
    counts_.add(whole.block);
    return append_part(bytes_, whole, from, to);
  }

  void add_deleted_part(const PlacedBlock& whole, Clock from, Clock to) {
    const std::size_t before = bytes_.size();
    append_deleted_part(bytes_, whole, from, to);
    const StoredInfo added{bytes_.data()[before]};
    if (before > 0 && may_join(added)) {
      const StoredHead head = read_stored_head(bytes_.data() + before, bytes_.data() + bytes_.size());
      if (can_join(last_head(), head, {self_, from})) {
        bytes_.truncate(before);
        return append_joined(bytes_, last_, make_length(to - from));
      }
    }
    last_ = before;
    counts_.add(added);
  }

  BytesView bytes() const { return bytes_.view(); }
  std::size_t last() const { return last_; }
  const Leaf::Counts& counts() const { return counts_; }
  bool ends_deleted() const { return !bytes_.empty() && last_info().is_deleted(); }

private:
  // Kept from one to the next, because a deletion would else spend a good part of its time on memory.
  static StoredBytes& scratch() {
    constexpr std::size_t most_kept = 8 * Leaf::max_size;
    thread_local StoredBytes bytes;
    if (bytes.heap_bytes() > most_kept) bytes = {};
    return bytes;
  }

  StoredInfo last_info() const { return {bytes_.data()[last_]}; }
  StoredHead last_head() const {
    return read_stored_head(bytes_.data() + last_, bytes_.data() + bytes_.size());
  }
  bool may_join(const StoredInfo& next) const { return !bytes_.empty() && last_info().kind() == next.kind(); }
  void begin_block() { last_ = bytes_.size(); }

  ClientId self_;
  StoredBytes& bytes_;
  std::size_t last_ = 0;
  Leaf::Counts counts_;
};

// The element of `block` that begins at or a little before `target`, or the second where that would be the
// first; 0 where there is none to cut before.
std::uint64_t find_element(const StoredBlock& block, const std::uint8_t* target) {
  if (block.length == 1 || !is_divisible(block.kind()) || target <= block.payload) return 0;
  if (block.kind() == ContentKind::string) {
    while ((*target & 0xc0) == 0x80) --target;
    return utf16_length(as_text({block.payload, target}));
  }
  return std::max<std::uint64_t>(1, count_values(block, target));
}

std::size_t distance(std::size_t a, std::size_t b) {
  return a < b ? b - a : a - b;
}

}  // namespace

void Leaf::Counts::add(const StoredInfo& block) {
  ++blocks;
  if (block.is_deleted_type()) {
    ++deleted_types;
  } else if (block.is_deleted()) {
    ++deleted;
  }
}

void Leaf::Counts::add(const Counts& other) {
  blocks += other.blocks;
  deleted += other.deleted;
  deleted_types += other.deleted_types;
}

void Leaf::Counts::remove(const Counts& other) {
  blocks -= other.blocks;
  deleted -= other.deleted;
  deleted_types -= other.deleted_types;
}

StoredBlock Leaf::read(std::size_t offset) const {
  const std::uint8_t* end = bytes_.data() + bytes_.size();
  if (offset == last_) return read_last_stored_block(bytes_.data() + offset, end);
  return read_stored_block(bytes_.data() + offset, end);
}

Leaf::Place Leaf::find(Clock clock) const {
  Place place{.clock = clock_};
  if (clock >= finger_.clock) place = finger_;
  const std::uint8_t* begin = bytes_.data();
  const std::uint8_t* end = begin + bytes_.size();
  while (place.offset != last_) {
    const BlockExtent block = read_extent(begin + place.offset, end);
    if (clock < place.clock + block.length) break;
    place = {static_cast<std::uint32_t>(block.end - begin), place.offset, place.index + 1,
             place.clock + block.length};
  }
  return place;
}

void Leaf::append(const StoredBlock& block) {
  last_ = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(block.bytes());
  counts_.add(block);
}

Leaf::Erased Leaf::erase(ClientId self, ClockRange range) {
  Erased erased;
  Place place = find(range.clock);
  erased.work = place.offset - (range.clock >= finger_.clock ? finger_.offset : 0);
  Replacement replacement(self);
  Counts replaced;
  Place begin = place;
  if (place.previous != place.offset && StoredInfo{bytes_.data()[place.previous]}.is_deleted()) {
    const StoredBlock previous = read(place.previous);
    begin = {place.previous, place.previous, place.index - 1, place.clock - previous.length};
    replacement.add(previous, begin.clock);
    replaced.add(previous);
  }
  while (place.offset < size() && (place.clock < range.end() || replacement.ends_deleted())) {
    const PlacedBlock at{read(place.offset), {self, place.clock}};
    const StoredBlock& block = at.block;
    const bool is_behind = at.id.clock >= range.end();
    if (is_behind && !block.is_deleted()) break;
    place = {offset_behind(block), place.offset, place.index + 1, at.end()};
    replaced.add(block);
    if (block.is_deleted()) {
      replacement.add(block, at.id.clock);
      if (is_behind) break;
      continue;
    }
    const Clock from = std::max(at.id.clock, range.clock);
    const Clock to = std::min(at.end(), range.end());
    erased.ranges.push_back({from, to - from});
    if (block.kind() == ContentKind::type) {
      replacement.add_deleted_type(block);
      continue;
    }
    erased.content_before += block.payload_bytes().size();
    if (at.id.clock < from) erased.content_after += replacement.add_part(at, at.id.clock, from);
    replacement.add_deleted_part(at, from, to);
    if (to < at.end()) erased.content_after += replacement.add_part(at, to, at.end());
  }
  erased.work += place.offset - begin.offset;
  if (erased.ranges.empty()) return erased;
  erased.work += size() - begin.offset + replacement.bytes().size();
  erased.first_changed = begin.offset == 0;
  erased.last_changed = place.offset == size();
  last_ = static_cast<std::uint32_t>(erased.last_changed
                                         ? begin.offset + replacement.last()
                                         : last_ + begin.offset + replacement.bytes().size() - place.offset);
  bytes_.replace(begin.offset, place.offset, replacement.bytes());
  counts_.add(replacement.counts());
  counts_.remove(replaced);
  finger_ = begin;
  return erased;
}

std::optional<Leaf> Leaf::split(ClientId self) {
  const std::optional<Cut> cut = find_cut();
  if (!cut) return std::nullopt;
  const auto [place, element] = *cut;
  Leaf upper(place.clock + element);
  std::size_t upper_begin = place.offset;
  StoredBytes lower_part;
  if (element > 0) {
    const PlacedBlock whole{read(place.offset), {self, place.clock}};
    append_part(lower_part, whole, place.clock, upper.clock_);
    append_part(upper.bytes_, whole, upper.clock_, whole.end());
    upper_begin = offset_behind(whole.block);
    upper.continues_ = true;
  }
  upper.bytes_.append(bytes_.view().subspan(upper_begin));
  upper.count_anew();
  bytes_.truncate(place.offset);
  bytes_.append(lower_part.view());
  bytes_.seal();
  upper.bytes_.seal();
  count_anew();
  return upper;
}

std::optional<Leaf::Cut> Leaf::find_cut() const {
  const std::size_t middle = size() / 2;
  Place place{.clock = clock_};
  StoredBlock block = read(0);
  while (offset_behind(block) <= middle) {
    place = {offset_behind(block), place.offset, place.index + 1, place.clock + block.length};
    block = read(place.offset);
  }
  const std::uint32_t end = offset_behind(block);
  const Place next{end, place.offset, place.index + 1, place.clock + block.length};
  const bool may_begin = place.offset > 0;
  const bool may_end = end < size();
  const bool begins_nearer =
      may_begin && (!may_end || distance(place.offset, middle) <= distance(end, middle));
  const std::size_t nearest = begins_nearer ? place.offset : end;
  if ((may_begin || may_end) && distance(nearest, middle) <= size() / 4) {
    return Cut{begins_nearer ? place : next, 0};
  }
  // Of a map the pieces could not be joined again while they live.
  const std::uint64_t element = block.in_map() ? 0 : find_element(block, bytes_.data() + middle);
  if (element > 0) return Cut{place, element};
  if (may_begin || may_end) return Cut{begins_nearer ? place : next, 0};
  return std::nullopt;
}

void Leaf::absorb(Leaf next) {
  std::size_t from = 0;
  if (next.continues_) {
    const StoredBlock first = next.read(0);
    join_last(first);
    Counts joined;
    joined.add(first);
    next.counts_.remove(joined);
    from = next.offset_behind(first);
  }
  if (from < next.size()) last_ = static_cast<std::uint32_t>(size() + next.last_ - from);
  bytes_.append(next.bytes().subspan(from));
  bytes_.seal();
  counts_.add(next.counts_);
}

void Leaf::count_anew() {
  counts_ = {};
  finger_ = {.clock = clock_};
  last_ = std::numeric_limits<std::uint32_t>::max();
  std::size_t last = 0;
  for (std::size_t offset = 0; offset < size();) {
    const StoredBlock block = read(offset);
    counts_.add(block);
    last = offset;
    offset = offset_behind(block);
  }
  last_ = static_cast<std::uint32_t>(last);
}

}  // namespace canvas::crdt
