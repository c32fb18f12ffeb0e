#include "crdt/state_vector.h"

#include <gtest/gtest.h>

namespace canvas::crdt {
namespace {

TEST(StateVector, ComesBackAsItWasWrittenClientsDescending) {
  const StateVector vector({{ClientId{1}, 3}, {ClientId{(1ull << 53) - 1}, 7}, {ClientId{5}, 0}});
  const auto decoded = StateVector::decode(vector.encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, vector);
  EXPECT_EQ(vector.entries().front().clock, 7u);
  EXPECT_EQ(vector.get(ClientId{1}), 3u);
  EXPECT_EQ(vector.get(ClientId{5}), 0u);
  EXPECT_EQ(vector.get(ClientId{4}), 0u);
}

TEST(StateVector, TakesTheLastOfAClientThatComesTwice) {
  const auto decoded = StateVector::decode(Bytes{2, 1, 5, 1, 3});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->get(ClientId{1}), 3u);
}

TEST(StateVector, RefusesMalformedBytes) {
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes{1, 2}, Bytes{0, 0},
                             Bytes{0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1}, Bytes{1, 1, 0x80}}) {
    EXPECT_FALSE(StateVector::decode(bytes));
  }
}

}  // namespace
}  // namespace canvas::crdt
