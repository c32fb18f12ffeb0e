#include "crdt/block_list.h"
#include "lib0/writer.h"

namespace canvas::crdt {
namespace {

// Blocks of one client on their way to the wire, where pieces of one that lie in several leaves are one.
class ListWriter {
public:
  ListWriter(lib0::Writer& out, const LeafTable& leaves) : out_(out), leaves_(leaves) {}

  // Writes what is in the list from a block on, which loses its first `skipped` elements.
  void write(LeafTable::Position position, const Leaf::Place& place, const PlacedBlock& first, Clock from) {
    position_ = position;
    offset_ = place.offset;
    if (from > first.id.clock) {
      StoredBytes cut;
      append_part(cut, first, from, first.end());
      const StoredBlock block = read_last_stored_block(cut.data(), cut.data() + cut.size());
      offset_ = leaf().offset_behind(first.block);
      write_with_what_continues(block);
    }
    while (position_ != leaves_.end()) write_rest_of_leaf();
  }

private:
  const Leaf& leaf() const { return leaves_[position_]; }

  bool next_continues() const {
    const LeafTable::Position next = leaves_.next(position_);
    return next != leaves_.end() && leaves_[next].continues();
  }

  void go_on_from_end() {
    if (offset_ < leaf().size()) return;
    position_ = leaves_.next(position_);
    offset_ = 0;
  }

  void write_rest_of_leaf() {
    const bool open = next_continues();
    const std::size_t end = open ? leaf().last_offset() : leaf().size();
    if (offset_ < end) copy(offset_, end);
    offset_ = leaf().size();
    if (open) return write_with_what_continues(leaf().read(leaf().last_offset()));
    go_on_from_end();
  }

  void copy(std::size_t begin, std::size_t end) {
    out_.write_bytes(leaf().bytes().subspan(begin, end - begin));
    if (leaf().counts().deleted_types == 0) return;
    const std::size_t written = out_.size() - (end - begin);
    for (std::size_t offset = begin; offset < end;) {
      const StoredBlock block = leaf().read(offset);
      if (block.is_deleted_type()) {
        out_.set_u8(written + offset - begin,
                    static_cast<std::uint8_t>(block.info & ~unsigned{StoredInfo::deleted_type_bit}));
      }
      offset = leaf().offset_behind(block);
    }
  }

  // `first` has been read up to offset_; where that is the end of the leaf, it may go on in the next ones.
  void write_with_what_continues(const StoredBlock& first) {
    pieces_.assign(1, first.payload_bytes());
    std::uint64_t length = first.length;
    std::size_t bytes = first.payload_bytes().size();
    while (offset_ == leaf().size() && next_continues()) {
      position_ = leaves_.next(position_);
      const StoredBlock piece = leaf().read(0);
      pieces_.push_back(piece.payload_bytes());
      length += piece.length;
      bytes += piece.payload_bytes().size();
      offset_ = leaf().offset_behind(piece);
    }
    assert(is_divisible(first.kind()));
    out_.write_bytes({first.begin, first.content});
    out_.write_var_uint(first.kind() == ContentKind::string ? bytes : length);
    for (const BytesView piece : pieces_) out_.write_bytes(piece);
    go_on_from_end();
  }

  lib0::Writer& out_;
  const LeafTable& leaves_;
  LeafTable::Position position_{};
  std::size_t offset_ = 0;
  std::vector<BytesView> pieces_;
};

}  // namespace

void BlockList::write_from(lib0::Writer& out, Clock clock) const {
  if (clock >= end_) return;
  const Position position = leaves_.find(clock);
  const Leaf& leaf = leaves_[position];
  const Leaf::Place place = leaf.find(clock);
  ListWriter(out, leaves_).write(position, place, {leaf.read(place.offset), {self_, place.clock}}, clock);
}

}  // namespace canvas::crdt
