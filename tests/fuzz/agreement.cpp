#include "agreement.h"

#include <map>
#include <set>
#include <vector>

#include "base/utf8.h"
#include "crdt/delete_set.h"
#include "crdt/update_reader.h"

namespace canvas::fuzz {
namespace {

using namespace canvas::crdt;

// All blocks of some updates, cut wherever one of them or a deletion begins or ends.
class Pieces {
public:
  Pieces(std::span<const Bytes> updates, std::size_t max_pieces) : max_pieces_(max_pieces) {
    for (const Bytes& update : updates) collect(update);
    for (const WireBlock& block : blocks_) {
      block_cuts_[block.id.client].insert({block.id.clock, block.end()});
    }
  }

  bool agree() {
    for (const WireBlock& block : blocks_) {
      if (!take(block)) return false;
    }
    return true;
  }

private:
  using Cuts = std::map<ClientId, std::set<Clock>>;

  void collect(const Bytes& update) {
    UpdateReader reader(update);
    while (std::optional<SectionReader> section = reader.next_section()) {
      while (!section->at_end()) {
        const WireBlock block = section->next();
        if (block.kind != ContentKind::skip && block.length() > 0) blocks_.push_back(block);
      }
      reader.skip_to(*section);
    }
    reader.read_delete_set([this](ClientId client, ClockRange range) {
      deleted_.add(client, range);
      delete_cuts_[client].insert({range.clock, range.end()});
    });
  }

  // Compares all pieces of the block with what was told of them before.
  bool take(const WireBlock& block) {
    // A living entry of a map is one element; the store does not join what nobody splits.
    if (block.in_map && block.kind != ContentKind::deleted && block.length() > 1) return false;
    std::set<Clock> cuts{block.end()};
    for (Cuts* all : {&block_cuts_, &delete_cuts_}) {
      const std::set<Clock>& of_client = (*all)[block.id.client];
      cuts.insert(of_client.upper_bound(block.id.clock), of_client.lower_bound(block.end()));
    }
    Clock from = block.id.clock;
    for (const Clock to : cuts) {
      if (++count_ > max_pieces_ || cuts_a_pair(block, to)) return false;
      const Bytes piece = piece_of(block, from, to);
      const auto [told, is_new] = told_.try_emplace(Id{block.id.client, from}, piece);
      if (!is_new && told->second != piece) return false;
      from = to;
    }
    return true;
  }

  // A cut between the two units of a character changes it for whoever has it cut, but not for the others; a
  // deletion cuts it for all.
  bool cuts_a_pair(const WireBlock& block, Clock at) {
    return block.kind == ContentKind::string && at < block.end() &&
           find_utf16(as_text(block.content.bytes), at - block.id.clock).inside_pair &&
           !delete_cuts_[block.id.client].contains(at);
  }

  Bytes piece_of(const WireBlock& block, Clock from, Clock to) const {
    WireBlock piece = block;
    piece.id.clock = from;
    if (from > block.id.clock) {
      piece.origin = Id{block.id.client, from - 1};
      piece.parent.reset();
      piece.parent_sub.reset();
    }
    Bytes content;
    if (block.kind != ContentKind::gc && block.kind != ContentKind::type &&
        deleted_.covers(block.id.client, {from, to - from})) {
      piece.kind = ContentKind::deleted;
    } else if (is_divisible(block.kind)) {
      content = content_from(block.kind, block.content.bytes, from - block.id.clock);
      if (to < block.end()) content = split_content(block.kind, content, to - from).left;
    } else {
      content = to_bytes(block.content.bytes);
    }
    piece.content = {to - from, content};
    lib0::Writer out;
    write_block(out, piece);
    return out.take();
  }

  std::size_t max_pieces_;
  std::vector<WireBlock> blocks_;
  DeleteSet deleted_;
  Cuts block_cuts_;
  Cuts delete_cuts_;
  std::map<Id, Bytes> told_;
  std::size_t count_ = 0;
};

}  // namespace

bool do_agree(std::span<const Bytes> updates, std::size_t max_pieces) {
  return Pieces(updates, max_pieces).agree();
}

}  // namespace canvas::fuzz
