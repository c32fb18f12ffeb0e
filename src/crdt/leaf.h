// A stretch of one client's blocks in one piece of memory.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>

#include "crdt/stored_block.h"

namespace canvas::crdt {

// Stored blocks, one after another, at least one when it is in a list. No two neighbours in it that could be
// one are two. Finding a clock walks over the blocks: a leaf is at most about max_size, unless it is a single
// block that cannot be cut, or has not been yet. A value; moves, does not copy.
class Leaf {
public:
  static constexpr std::size_t max_size = 1024;

  // How many stored blocks there are, and how many of each kind that matters.
  struct Counts {
    std::uint32_t blocks = 0;
    std::uint32_t deleted = 0;        // content gone
    std::uint32_t deleted_types = 0;  // that stay what they are

    void add(const StoredInfo& block);
    void add(const Counts& other);
    void remove(const Counts& other);
    bool all_deleted() const { return deleted + deleted_types == blocks; }
    bool any_deleted() const { return deleted + deleted_types != 0; }
  };

  using Ranges = boost::container::small_vector<ClockRange, 2>;

  // What erase did.
  struct Erased {
    Ranges ranges;                   // what lived before, ascending
    std::size_t content_before = 0;  // bytes of content in the blocks that were changed
    std::size_t content_after = 0;
    std::size_t work = 0;        // bytes that were looked at or moved
    bool first_changed = false;  // the first block of the leaf, the last
    bool last_changed = false;
  };

  explicit Leaf(Clock clock) : clock_(clock), finger_{.clock = clock} {}

  Clock clock() const { return clock_; }
  std::size_t size() const { return bytes_.size(); }
  BytesView bytes() const { return bytes_.view(); }
  std::size_t heap_bytes() const { return bytes_.heap_bytes(); }
  const Counts& counts() const { return counts_; }

  // Its first block goes on with the last one of the leaf before: they are one block that is longer than a
  // leaf, or came to touch at this border.
  bool continues() const { return continues_; }
  void set_continues(bool continues) { continues_ = continues; }

  StoredBlock read(std::size_t offset) const;
  std::uint32_t offset_behind(const StoredBlock& block) const {
    return static_cast<std::uint32_t>(block.end - bytes_.data());
  }
  std::size_t last_offset() const { return last_; }
  StoredHead first_head() const { return head_at(0); }
  StoredHead last_head() const { return head_at(last_); }

  // The block that `clock` is in.
  struct Place {
    std::uint32_t offset = 0;
    std::uint32_t previous =
        0;  // offset of the block before; its own where there is none, or one of no interest
    std::uint32_t index = 0;  // how many are before it
    Clock clock = 0;
  };
  Place find(Clock clock) const;

  // Calls `visit(const StoredBlock&, Clock)` from a place on.
  template <class Visit>
  void visit_from(const Place& place, Visit&& visit) const;

  void append(const StoredBlock& block);
  // Nothing will be appended for a while.
  void seal() { bytes_.seal(); }
  void join_last(const StoredBlock& block) { append_joined(bytes_, last_, block); }

  // Deletes what lives of `range`, which is in this leaf, of client `self`. The leaf may be larger than
  // max_size then.
  Erased erase(ClientId self, ClockRange range);

  // Keeps about the first half and gives the rest; nothing where there is no place to cut.
  std::optional<Leaf> split(ClientId self);

  // Takes in the leaf that follows.
  void absorb(Leaf next);

private:
  StoredHead head_at(std::size_t offset) const {
    return read_stored_head(bytes_.data() + offset, bytes_.data() + bytes_.size());
  }
  void count_anew();

  struct Cut {
    Place place;
    std::uint64_t element;  // of the block at the place; 0: before it
  };
  std::optional<Cut> find_cut() const;

  Clock clock_;
  StoredBytes bytes_;
  std::uint32_t last_ = 0;  // offset of the last block
  bool continues_ = false;
  Counts counts_;
  // Where the last change was: the next is often just behind it, and need not walk there. That the block
  // before is not known does no harm, because what is here is deleted then, and joined with all it can be.
  Place finger_;
};

template <class Visit>
void Leaf::visit_from(const Place& place, Visit&& visit) const {
  Clock clock = place.clock;
  for (std::size_t offset = place.offset; offset < size();) {
    const StoredBlock block = read(offset);
    visit(block, clock);
    clock += block.length;
    offset = offset_behind(block);
  }
}

}  // namespace canvas::crdt
