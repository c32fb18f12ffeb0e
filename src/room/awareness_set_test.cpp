#include "room/awareness_set.h"

#include <gmock/gmock.h>

#include "fixtures/room_fixture.h"

namespace canvas::room {
namespace {

using protocol::Dialect;
using ::testing::ElementsAre;
using testing::FakeMember;
using ::testing::IsEmpty;

using AwarenessTest = testing::RoomFixture;

TEST_F(AwarenessTest, AwarenessGoesToEveryoneItsAuthorToo) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d", Dialect::y_websocket);
  ASSERT_TRUE(author.seat->awareness(presence(7, 1)));
  EXPECT_THAT(author.take(), ElementsAre(body({1}, presence(7, 1))));
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 1))));
  // The echo of old clients is stale, and so is a clock of 0 of somebody unknown.
  ASSERT_TRUE(other.seat->awareness(presence(7, 1)));
  ASSERT_TRUE(other.seat->awareness(presence(8, 0)));
  EXPECT_THAT(author.take(), IsEmpty());
}

TEST_F(AwarenessTest, DropsPresenceThatIsOlderThanWhatItHas) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  ASSERT_TRUE(author.seat->awareness(presence(7, 3)));
  other.take();
  ASSERT_TRUE(author.seat->awareness(presence(7, 2, R"({"x":1})")));
  ASSERT_TRUE(author.seat->awareness(presence(7, 2, "null")));
  ASSERT_TRUE(author.seat->awareness(presence(7, 3, R"({"x":1})")));
  EXPECT_THAT(other.take(), IsEmpty());
  ASSERT_TRUE(author.seat->awareness(presence(7, 3, "null")));
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 3, "null"))));
}

TEST_F(AwarenessTest, WhoLeavesTakesItsPresenceWithIt) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  ASSERT_TRUE(author.seat->awareness(presence(7, 3)));
  other.take();
  author.seat->leave();
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 3, "null"))));
  // The late echo of somebody who was there does not bring it back.
  ASSERT_TRUE(other.seat->awareness(presence(7, 3)));
  EXPECT_THAT(other.take(), IsEmpty());
  // The client itself, back on a new connection, may come with its old clock; and a second drop works as the
  // first.
  tick(std::chrono::seconds(1));
  FakeMember& back = joined("d");
  ASSERT_TRUE(back.seat->awareness(presence(7, 3)));
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 3))));
  ASSERT_TRUE(back.seat->awareness(presence(7, 4)));
  other.take();
  back.seat->leave();
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 4, "null"))));
}

TEST_F(AwarenessTest, PresenceThatOthersUpdatedGoesWithTheOneWhoDid) {
  FakeMember& first = joined("d");
  FakeMember& second = joined("d");
  FakeMember& watcher = joined("d");
  ASSERT_TRUE(first.seat->awareness(presence(7, 1)));
  ASSERT_TRUE(second.seat->awareness(presence(7, 2)));
  watcher.take();
  first.seat->leave();
  EXPECT_THAT(watcher.take(), IsEmpty());
  second.seat->leave();
  EXPECT_THAT(watcher.take(), ElementsAre(body({1}, presence(7, 2, "null"))));
}

TEST_F(AwarenessTest, AClientThatIsBackBeforeItsOldConnectionDiedStays) {
  FakeMember& old = joined("d");
  ASSERT_TRUE(old.seat->awareness(presence(7, 5)));
  FakeMember& fresh = joined("d");
  FakeMember& watcher = joined("d");
  ASSERT_TRUE(fresh.seat->awareness(presence(7, 5)));
  watcher.take();
  old.seat->leave();
  EXPECT_THAT(watcher.take(), IsEmpty());
}

TEST_F(AwarenessTest, SilentPresenceTimesOut) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  tick(std::chrono::seconds(1));
  ASSERT_TRUE(author.seat->awareness(presence(7, 1)));
  other.take();
  tick(std::chrono::seconds(30));
  EXPECT_THAT(other.take(), IsEmpty());
  tick(std::chrono::seconds(1));
  EXPECT_THAT(other.take(), ElementsAre(body({1}, presence(7, 1, "null"))));
}

TEST_F(AwarenessTest, BoundsThePresenceOfOneConnection) {
  FakeMember& author = joined("d");
  for (std::uint64_t client = 1; client <= limits_.max_awareness_clients_per_member; ++client) {
    ASSERT_TRUE(author.seat->awareness(presence(client, 1)));
  }
  EXPECT_EQ(author.seat->awareness(presence(9999, 1)).error().code, Errc::too_large);
  FakeMember& other = joined("d");
  const std::string large = "\"" + std::string(limits_.max_awareness_state_bytes, 'x') + "\"";
  EXPECT_EQ(other.seat->awareness(presence(1, 9, large)).error().code, Errc::too_large);
}

}  // namespace
}  // namespace canvas::room
