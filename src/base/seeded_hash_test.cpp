#include "base/seeded_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace canvas {
namespace {

TEST(SeededHash, IsTheSameForEqualKeysAndSpreadsOthers) {
  std::set<std::uint64_t> numbers;
  std::set<std::uint64_t> texts;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    numbers.insert(seeded_hash(i << 32));
    texts.insert(seeded_hash("key " + std::to_string(i)));
  }
  EXPECT_EQ(numbers.size(), 10'000u);
  EXPECT_EQ(texts.size(), 10'000u);
  EXPECT_EQ(seeded_hash(std::uint64_t{7}), seeded_hash(std::uint64_t{7}));
  EXPECT_EQ(seeded_hash(std::string("abcdefghij")), seeded_hash(std::string_view("abcdefghij")));
}

}  // namespace
}  // namespace canvas
