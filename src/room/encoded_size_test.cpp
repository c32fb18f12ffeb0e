#include "room/encoded_size.h"

#include <gtest/gtest.h>

#include "fixtures/room_fixture.h"

namespace canvas::room {
namespace {

constexpr Time start{};

TEST(EncodedSize, IsNotMeasuredBelowTheLimit) {
  EncodedSize size(100);
  EXPECT_TRUE(size.has_room(900, 1000, start, []() -> std::size_t {
    ADD_FAILURE();
    return 0;
  }));
  EXPECT_TRUE(size.has_room(~std::size_t{0} / 2, 0, start, []() -> std::size_t {
    ADD_FAILURE();
    return 0;
  }));
}

TEST(EncodedSize, IsMeasuredSeldomWhileADocumentGrows) {
  constexpr std::size_t limit = 64'000;
  EncodedSize size(0);
  std::size_t real = 0;
  int measurements = 0;
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto measure = [&] {
      ++measurements;
      return real;
    };
    if (!size.has_room(10, limit, start + std::chrono::seconds(i / 100), measure)) continue;
    ++taken;
    size.took(10);
    real += i % 2;  // half of what comes is folded away
  }
  EXPECT_LE(real, limit);
  EXPECT_GT(taken, 6400);
  EXPECT_LT(measurements, 200);
}

TEST(EncodedSize, WhoIsRefusedCausesOneMeasurementATick) {
  EncodedSize size(1000);
  int measurements = 0;
  const auto measure = [&] { return ++measurements, std::size_t{1000}; };
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(size.has_room(1, 1000, start, measure));
    size.took(0);
  }
  EXPECT_EQ(measurements, 1);
}

TEST(EncodedSize, DeletingIsPossibleAtTheLimitButNotForEver) {
  EncodedSize size(1000);
  const auto measure = [] { return std::size_t{1000}; };
  EXPECT_FALSE(size.has_room(1, 1000, start, measure));
  EXPECT_TRUE(size.has_room_to_delete(900, 1000, start, measure));
  size.took(900);
  EXPECT_FALSE(size.has_room_to_delete(1001, 1000, start + std::chrono::seconds(1), measure));
}

using EncodedSizeInARoom = testing::RoomFixture;

TEST_F(EncodedSizeInARoom, WhatWouldMakeItTooLargeIsRefusedAndDeletingHelps) {
  limits_.max_encoded_bytes = 6400;
  testing::FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, std::string(6380, 'x'))));
  ASSERT_TRUE(author.seat->sync_update(text(1, 6380, std::string(50, 'y'))));
  commit();
  EXPECT_EQ(testing::FakeMember::acks(author.take()), 1u);
  ASSERT_TRUE(author.seat->sync_update(testing::UpdateBuilder().erase(1, 0, 6380).build()));
  tick(std::chrono::seconds(1));
  ASSERT_TRUE(author.seat->sync_update(text(1, 6380, "y")));
  commit();
  EXPECT_EQ(testing::FakeMember::acks(author.take()), 2u);
}

TEST_F(EncodedSizeInARoom, DeletionsThatCutItToPiecesAreRefused) {
  limits_.max_encoded_bytes = 6400;
  testing::FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, std::string(6000, 'x'))));
  commit();
  EXPECT_EQ(testing::FakeMember::acks(author.take()), 1u);
  testing::UpdateBuilder every_other;
  for (crdt::Clock clock = 0; clock < 6000; clock += 2) every_other.erase(1, clock, 1);
  ASSERT_TRUE(author.seat->sync_update(every_other.build()));
  commit();
  EXPECT_EQ(testing::FakeMember::acks(author.take()), 0u);
}

TEST_F(EncodedSizeInARoom, NoMoreRoomsAreOpenedThanTheLimitAllows) {
  limits_.max_rooms = 1;
  joined("d");
  testing::FakeMember& refused = join("e");
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code, Errc::unavailable);
  EXPECT_NE(refused.refusal->message.find("--max-rooms"), std::string::npos);
  joined("d");
}

}  // namespace
}  // namespace canvas::room
