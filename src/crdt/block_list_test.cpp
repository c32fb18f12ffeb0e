#include "crdt/block_list.h"

#include <gtest/gtest.h>

#include <random>

#include "crdt/wire_block.h"
#include "lib0/writer.h"

namespace canvas::crdt {
namespace {

constexpr ClientId self{7};

// A block of `self` on the wire.
Bytes wire_block(ContentKind kind, Content content, std::optional<Id> origin = std::nullopt) {
  WireBlock block{};
  block.kind = kind;
  block.origin = origin;
  if (!origin) block.parent = Parent{"t", {}};
  block.content = content;
  lib0::Writer out;
  write_block(out, block);
  return out.take();
}

void append(BlockList& list, const Bytes& bytes) {
  list.append(scan_block(bytes.data(), bytes.data() + bytes.size(), {self, list.end()}));
}

void append_text(BlockList& list, std::string_view text) {
  std::optional<Id> origin;
  if (list.end() > 0) origin = Id{self, list.end() - 1};
  append(list, wire_block(ContentKind::string, {0, as_bytes(text)}, origin));
}

BlockList long_text(std::size_t length) {
  BlockList list(self);
  append_text(list, std::string(length, 'x'));
  return list;
}

Bytes write(const BlockList& list, Clock from = 0) {
  lib0::Writer out;
  list.write_from(out, from);
  return out.take();
}

// What deleting one character at a time costs for each of them, in bytes looked at or moved.
template <class Next>
double work_per_deletion(std::size_t length, Next next) {
  BlockList list = long_text(length);
  for (std::size_t i = 0; i < length; ++i) list.erase({next(i), 1});
  EXPECT_EQ(list.content_bytes(), 0u);
  EXPECT_EQ(list.block_count(), 1u);
  return static_cast<double>(list.work()) / static_cast<double>(length);
}

TEST(BlockList, DeletesInsideLongTextAtACostThatDoesNotGrowWithIt) {
  for (const std::size_t length : {10'000u, 100'000u}) {
    EXPECT_LT(work_per_deletion(length, [](std::size_t i) { return i; }), 4 * Leaf::max_size);
    EXPECT_LT(work_per_deletion(length, [&](std::size_t i) { return length - 1 - i; }), 4 * Leaf::max_size);
    // 7919 is a prime that divides neither length: every character comes once.
    EXPECT_LT(work_per_deletion(length, [&](std::size_t i) { return i * 7919 % length; }),
              4 * Leaf::max_size);
  }
}

TEST(BlockList, TellsOfTextInManyLeavesAsOfOneBlock) {
  BlockList list(self);
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = i % 3 == 0 ? "\xf0\x9f\x98\x80" : "a";
    append_text(list, piece);
    text += piece;
  }
  EXPECT_EQ(list.block_count(), 1u);
  EXPECT_EQ(list.count_from(3000), 1u);
  EXPECT_EQ(list.content_bytes(), text.size());
  EXPECT_EQ(write(list), wire_block(ContentKind::string, {0, as_bytes(text)}));
  BlockList loaded(self);
  append(loaded, write(list));
  EXPECT_EQ(write(loaded), write(list));
  EXPECT_EQ(loaded.end(), list.end());
  // From inside, where clock 4 is the first unit behind "😀aa".
  EXPECT_EQ(write(list, 4),
            wire_block(ContentKind::string, {0, as_bytes(std::string_view(text).substr(6))}, Id{self, 3}));
}

TEST(BlockList, CutsManyValuesAndLeavesOneThatIsLargeWhole) {
  lib0::Writer values;
  for (int i = 0; i < 300; ++i) {
    values.write_u8(119);
    values.write_var_string(i == 150 ? std::string(20'000, 'v') : "value");
  }
  const Bytes block = wire_block(ContentKind::any, {300, values.bytes()});
  BlockList list(self);
  append(list, block);
  EXPECT_EQ(list.block_count(), 1u);
  EXPECT_EQ(write(list), block);
  const std::uint64_t work_before = list.work();
  for (Clock clock = 299; clock > 151; --clock) list.erase({clock, 1});
  EXPECT_LT(list.work() - work_before, 148 * 4 * Leaf::max_size);
  EXPECT_EQ(list.block_count(), 2u);
  list.erase({0, 300});
  EXPECT_EQ(list.content_bytes(), 0u);
  EXPECT_EQ(list.block_count(), 1u);
}

TEST(BlockList, TakesLittleMoreMemoryThanItsBytes) {
  BlockList list = long_text(200'000);
  EXPECT_LT(list.memory_bytes(), 200'000u * 5 / 4);
  for (Clock clock = 0; clock < 200'000; clock += 40) list.erase({clock, 10});
  EXPECT_LT(list.memory_bytes(), list.stored_bytes() * 7 / 5);
  list.erase({0, 200'000});
  EXPECT_LT(list.memory_bytes(), 1'000u);
}

TEST(BlockList, ComesOutTheSameInWhateverOrderPartsAreDeleted) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 4000; ++i) text += random() % 8 == 0 ? "\xf0\x9f\x98\x80" : "b";
    BlockList whole(self);
    append_text(whole, text);
    BlockList typed(self);
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = std::min(text.size(), at + 1 + random() % 300);
      while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
      append_text(typed, std::string_view(text).substr(at, end - at));
      at = end;
    }
    ASSERT_EQ(write(typed), write(whole));
    std::vector<ClockRange> ranges;
    for (int i = 0; i < 200; ++i) {
      const Clock clock = random() % (whole.end() - 1);
      ranges.push_back({clock, 1 + random() % std::min<Clock>(whole.end() - clock, 30)});
    }
    for (const ClockRange& range : ranges) whole.erase(range);
    std::shuffle(ranges.begin(), ranges.end(), random);
    for (const ClockRange& range : ranges) typed.erase(range);
    ASSERT_EQ(typed.block_count(), whole.block_count());
    ASSERT_EQ(typed.content_bytes(), whole.content_bytes());
    ASSERT_EQ(write(typed), write(whole));
    for (const ClockRange& range : ranges) {
      EXPECT_TRUE(whole.is_deleted(range));
      EXPECT_EQ(whole.erasable_bytes_in(range), 0u);
    }
    // As many blocks are written as are counted, from wherever it is asked for.
    const Clock from = random() % whole.end();
    const Bytes rest = write(whole, from);
    std::size_t count = 0;
    Clock clock = from;
    for (const std::uint8_t* at = rest.data(); at != rest.data() + rest.size(); ++count) {
      const ScannedBlock block = scan_block(at, rest.data() + rest.size(), {self, clock});
      ASSERT_FALSE(block.failed);
      at = block.end;
      clock = block.end_clock();
    }
    EXPECT_EQ(count, whole.count_from(from));
    EXPECT_EQ(clock, whole.end());
  }
}

}  // namespace
}  // namespace canvas::crdt
