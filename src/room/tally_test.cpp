// What rooms count, and which messages they let be timed.
#include "room/tally.h"

#include <gmock/gmock.h>

#include "fixtures/room_fixture.h"

namespace canvas::room {
namespace {

using std::chrono::seconds;
using ::testing::SizeIs;

class TallyTest : public testing::RoomFixture {
protected:
  static Time at(int second) { return Time{} + seconds(second); }
  // As the server does with a message that comes then.
  void update(testing::FakeMember& author, Time received, const Bytes& bytes) {
    registry_.set_received(received);
    ASSERT_TRUE(author.seat->sync_update(bytes));
    registry_.set_received(std::nullopt);
  }
  const Tally& tally() const { return registry_.tally(); }
  std::uint64_t refused(UpdateRefusal why) const {
    return tally().updates_refused[static_cast<std::size_t>(why)];
  }
};

TEST_F(TallyTest, CountsAnUpdateOnceForEachWhoIsSentIt) {
  testing::FakeMember& author = joined("d");
  joined("d");
  joined("d", Dialect::y_websocket);
  joined("another");
  update(author, at(1), text(1, 0, "x"));
  EXPECT_EQ(tally().updates_taken, 1u);
  EXPECT_EQ(tally().updates_sent, 2u);
}

TEST_F(TallyTest, DoesNotCountWhatIsKnownAsTaken) {
  testing::FakeMember& author = joined("d");
  joined("d");
  update(author, at(1), text(1, 0, "x"));
  update(author, at(2), text(1, 0, "x"));
  EXPECT_EQ(tally().updates_taken, 1u);
  EXPECT_EQ(tally().updates_sent, 1u);
}

TEST_F(TallyTest, TimesTheOldestOfTheMessagesThatWereBroadcast) {
  testing::FakeMember& author = joined("d");
  joined("d");
  update(author, at(3), text(1, 0, "x"));
  update(author, at(5), text(1, 1, "y"));
  EXPECT_EQ(registry_.take_oldest().broadcast, at(3));
  EXPECT_EQ(registry_.take_oldest().broadcast, std::nullopt);
}

TEST_F(TallyTest, DoesNotTimeWhatNobodyIsSent) {
  update(joined("d"), at(3), text(1, 0, "x"));
  EXPECT_EQ(registry_.take_oldest().broadcast, std::nullopt);
}

TEST_F(TallyTest, DoesNotTimeWhatHasWaitedElsewhere) {
  testing::FakeMember& author = joined("d");
  joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  commit();
  const Tally::Oldest oldest = registry_.take_oldest();
  EXPECT_EQ(oldest.broadcast, std::nullopt);
  EXPECT_EQ(oldest.acknowledged, std::nullopt);
}

TEST_F(TallyTest, TimesAnAcknowledgmentWhenItIsSentAndNotBefore) {
  testing::FakeMember& author = joined("d");
  update(author, at(3), text(1, 0, "x"));
  update(author, at(4), text(1, 1, "y"));
  EXPECT_EQ(registry_.take_oldest().acknowledged, std::nullopt);
  commit();
  EXPECT_EQ(registry_.take_oldest().acknowledged, at(3));
  EXPECT_EQ(tally().acknowledgments, 2u);
}

TEST_F(TallyTest, CountsNoAcknowledgmentWhereTheProtocolHasNone) {
  update(joined("d", Dialect::y_websocket), at(3), text(1, 0, "x"));
  commit();
  EXPECT_EQ(tally().acknowledgments, 0u);
  EXPECT_EQ(registry_.take_oldest().acknowledged, std::nullopt);
}

TEST_F(TallyTest, CountsWhyUpdatesWereRefused) {
  limits_.max_document_bytes = 100;
  testing::FakeMember& author = joined("d");
  update(author, at(1), text(1, 0, std::string(200, 'x')));
  EXPECT_EQ(refused(UpdateRefusal::limit), 1u);
  store_.set_backlog(limits_.max_backlog_bytes + 1);
  update(author, at(2), text(1, 0, "x"));
  EXPECT_EQ(refused(UpdateRefusal::overloaded), 1u);
  EXPECT_EQ(refused(UpdateRefusal::reader), 0u);
  EXPECT_EQ(tally().updates_taken, 0u);
}

TEST_F(TallyTest, CountsTheRoomsThatLeave) {
  joined("d").seat->leave();
  tick(limits_.unload_delay + seconds(1));
  EXPECT_EQ(registry_.room_count(), 0u);
  EXPECT_EQ(tally().rooms_unloaded, 1u);
}

TEST_F(TallyTest, KnowsTheLargestRoomsFirst) {
  for (int i = 1; i <= 8; ++i) {
    const std::string name = "d" + std::to_string(i);
    update(joined(name), at(i), text(1, 0, std::string(static_cast<std::size_t>(i) * 10'000, 'x')));
  }
  const std::vector<RoomMemory> largest = registry_.largest(2);
  ASSERT_THAT(largest, SizeIs(2));
  EXPECT_EQ(largest[0].document, "d8");
  EXPECT_EQ(largest[1].document, "d7");
  EXPECT_GT(largest[0].bytes, 80'000u);
  EXPECT_THAT(registry_.largest(20), SizeIs(8));
}

}  // namespace
}  // namespace canvas::room
