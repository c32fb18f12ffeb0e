// Somebody who edits a document, as Yjs would say it.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crdt/wire_block.h"
#include "lib0/writer.h"

namespace canvas::bench {

// Makes one update after another, in format v1, that are valid and build on one another: of ten, six are a
// keystroke in the root text "text" (in runs, here and there in what was typed before), one takes a character
// back, three move a shape in the root map "shapes". About 25 to 120 bytes each.
class Author {
public:
  Author(crdt::ClientId self, std::uint32_t seed) : self_(self), random_(seed) {}

  Bytes next();

private:
  // Consecutive clocks of characters that were typed one behind the other.
  struct Run {
    crdt::Clock begin;
    crdt::Clock end;
  };
  struct Shape {
    bool is_there = false;
    crdt::Clock clock = 0;
  };

  Bytes type();
  Bytes take_back();
  Bytes move_shape();
  void begin_run();
  Bytes update(const crdt::WireBlock& block);
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

  static constexpr std::size_t shapes = 32;

  crdt::ClientId self_;
  std::minstd_rand random_;
  crdt::Clock clock_ = 0;
  std::vector<Run> runs_;  // of text; the last one is being typed
  std::uint32_t left_in_run_ = 0;
  std::optional<crdt::Id> origin_;  // of the next character
  std::optional<crdt::Id> right_origin_;
  std::optional<crdt::ClockRange> deleted_;  // what the next update deletes
  std::vector<Shape> shapes_ = std::vector<Shape>(shapes);
};

}  // namespace canvas::bench
