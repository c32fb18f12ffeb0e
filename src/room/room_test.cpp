#include "room/room.h"

#include <gmock/gmock.h>

#include "fixtures/room_fixture.h"

namespace canvas::room {
namespace {

using protocol::Dialect;
using ::testing::ElementsAre;
using testing::FakeMember;
using ::testing::IsEmpty;
using testing::UpdateBuilder;

constexpr crdt::Id id(std::uint64_t client, crdt::Clock clock) {
  return {crdt::ClientId{client}, clock};
}

using RoomTest = testing::RoomFixture;

TEST_F(RoomTest, SendsAnUpdateToTheOthersAtOnceAndAcknowledgesOnlyAfterTheCommit) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  FakeMember& plain = joined("d", Dialect::y_websocket);
  FakeMember& session = joined("d", Dialect::hocuspocus, std::string("d\0s", 3));
  const Bytes update = text(1, 0, "hello");
  ASSERT_TRUE(author.seat->sync_update(update));
  EXPECT_THAT(other.take(), ElementsAre(body({0, 2}, update)));
  EXPECT_THAT(plain.take(), ElementsAre(body({0, 2}, update)));
  EXPECT_THAT(session.take(), ElementsAre(body({0, 2}, update)));
  EXPECT_THAT(author.take(), IsEmpty());
  commit();
  EXPECT_THAT(author.take(), ElementsAre(Bytes{8, 1}));
  EXPECT_THAT(other.take(), IsEmpty());
  ASSERT_EQ(store_.document("d").updates.size(), 1u);
  EXPECT_EQ(store_.document("d").updates[0].bytes, update);
}

TEST_F(RoomTest, SharesOneFrameAmongMembersOfOneForm) {
  FakeMember& author = joined("d");
  FakeMember& a = joined("d");
  FakeMember& b = joined("d");
  FakeMember& session = joined("d", Dialect::hocuspocus, std::string("d\0s", 3));
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  EXPECT_EQ(a.frames.at(0), b.frames.at(0));
  EXPECT_NE(a.frames.at(0), session.frames.at(0));
}

TEST_F(RoomTest, WhatIsKnownIsAcknowledgedWhenWhatItRepeatsIsOnDisk) {
  FakeMember& author = joined("d");
  FakeMember& echo = joined("d");
  const Bytes update = text(1, 0, "x");
  ASSERT_TRUE(author.seat->sync_update(update));
  echo.take();
  ASSERT_TRUE(echo.seat->sync_step2(update));
  EXPECT_THAT(echo.take(), IsEmpty());
  commit();
  EXPECT_THAT(echo.take(), ElementsAre(Bytes{8, 1}));
  ASSERT_TRUE(echo.seat->sync_step2(update));
  EXPECT_THAT(echo.take(), ElementsAre(Bytes{8, 1}));
  EXPECT_EQ(store_.waiting_appends(), 0u);
}

TEST_F(RoomTest, GivesExactlyOneAcknowledgmentForEachUpdate) {
  FakeMember& author = joined("d");
  for (crdt::Clock clock = 0; clock < 10; ++clock) ASSERT_TRUE(author.seat->sync_update(text(1, clock, "x")));
  commit(3);
  EXPECT_EQ(FakeMember::acks(author.take()), 3u);
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 7u);
}

TEST_F(RoomTest, AnswersStep1WithItsOwnAndTheDifference) {
  FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "hello")));
  FakeMember& late = joined("d");
  ASSERT_TRUE(late.seat->sync_step1(Bytes{1, 1, 3}));
  const Bytes difference = UpdateBuilder().section(1, 3).text("lo", {.origin = id(1, 2)}).build();
  EXPECT_THAT(late.take(), ElementsAre(body({0, 0}, Bytes{1, 1, 5}), body({0, 1}, difference)));
  // y-websocket: Step2 first, our Step1 once, then who is there.
  ASSERT_TRUE(author.seat->awareness(presence(1, 1)));
  FakeMember& plain = joined("d", Dialect::y_websocket);
  ASSERT_TRUE(plain.seat->sync_step1(Bytes{0}));
  EXPECT_THAT(plain.take(), ElementsAre(body({0, 1}, text(1, 0, "hello")), body({0, 0}, Bytes{1, 1, 5}),
                                        body({1}, presence(1, 1))));
  ASSERT_TRUE(plain.seat->sync_step1(Bytes{0}));
  EXPECT_EQ(plain.take().size(), 1u);
}

TEST_F(RoomTest, PassesOnOnlyTheNewsOfAStep2) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "abc")));
  commit();
  other.take();
  ASSERT_TRUE(author.seat->sync_step2(UpdateBuilder().section(1, 0).text("abcd").build()));
  const Bytes news = UpdateBuilder().section(1, 3).text("d", {.origin = id(1, 2)}).build();
  EXPECT_THAT(other.take(), ElementsAre(body({0, 2}, news)));
  commit();
  EXPECT_EQ(store_.document("d").updates.back().bytes, news);
}

TEST_F(RoomTest, AMalformedUpdateHarmsNobody) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  const Result<void> taken = author.seat->sync_update(Bytes{1, 2, 3});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::malformed);
  EXPECT_FALSE(author.seat->sync_step1(Bytes{1}));
  EXPECT_FALSE(author.seat->awareness(Bytes{1}));
  EXPECT_THAT(other.take(), IsEmpty());
  EXPECT_EQ(store_.waiting_appends(), 0u);
}

TEST_F(RoomTest, ReadOnlyMembersChangeNothing) {
  FakeMember& author = joined("d");
  FakeMember& reader = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  commit();
  reader.take();
  author.take();
  reader.current_scope = protocol::Scope::read_only;
  ASSERT_TRUE(reader.seat->sync_update(text(2, 0, "y")));
  ASSERT_TRUE(reader.seat->sync_step2(text(2, 0, "y")));
  ASSERT_TRUE(reader.seat->sync_step2(text(1, 0, "x")));
  EXPECT_THAT(reader.take(), ElementsAre(Bytes{8, 0}, Bytes{8, 0}, Bytes{8, 1}));
  EXPECT_THAT(author.take(), IsEmpty());
  EXPECT_EQ(store_.waiting_appends(), 0u);
  ASSERT_TRUE(reader.seat->awareness(presence(2, 1)));
  EXPECT_EQ(author.take().size(), 1u);
}

TEST_F(RoomTest, RefusesWhatWouldMakeTheDocumentTooLarge) {
  limits_.max_document_bytes = 100;
  FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, std::string(90, 'x'))));
  commit();
  author.take();
  ASSERT_TRUE(author.seat->sync_update(text(1, 90, std::string(20, 'y'))));
  EXPECT_THAT(author.take(), ElementsAre(Bytes{8, 0}));
  // Replacing the whole text keeps it within the limit.
  ASSERT_TRUE(author.seat->sync_update(UpdateBuilder()
                                           .section(1, 90)
                                           .text(std::string(95, 'z'), {.origin = id(1, 89)})
                                           .erase(1, 0, 90)
                                           .build()));
  commit();
  EXPECT_THAT(author.take(), ElementsAre(Bytes{8, 1}));
}

TEST_F(RoomTest, AMemberThatLagsGetsOneDifferenceForAllThatItMissed) {
  limits_.update_backlog_bytes = 1000;
  FakeMember& author = joined("d");
  FakeMember& slow = joined("d");
  crdt::Clock clock = 0;
  const auto edit = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(author.seat->sync_update(text(1, clock++, "x")));
  };
  edit(5);
  slow.backlog = 1001;
  edit(1);  // the last that is queued
  const std::size_t queued = slow.frames.size();
  edit(100);
  ASSERT_TRUE(author.seat->awareness(presence(1, 1)));
  EXPECT_EQ(slow.frames.size(), queued);
  EXPECT_TRUE(slow.seat->is_behind());
  slow.backlog = 0;
  slow.seat->caught_up();
  EXPECT_FALSE(slow.seat->is_behind());
  const std::vector<Bytes> bodies = slow.take();
  EXPECT_EQ(bodies.size(), queued + 2);
  EXPECT_EQ(bodies.back(), body({1}, presence(1, 1)));
  slow.receive(bodies);
  EXPECT_EQ(slow.document.state_vector().get(crdt::ClientId{1}), clock);
  edit(1);
  EXPECT_EQ(slow.take().size(), 1u);
}

TEST_F(RoomTest, AMemberThatLagsTooLongIsGivenUp) {
  limits_.update_backlog_bytes = 10;
  FakeMember& author = joined("d");
  FakeMember& slow = joined("d");
  slow.backlog = 11;
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  tick(limits_.max_lag);
  EXPECT_EQ(slow.gave_up, "");
  tick(std::chrono::seconds(1));
  EXPECT_NE(slow.gave_up, "");
}

TEST_F(RoomTest, AwarenessIsDroppedFirst) {
  limits_.awareness_backlog_bytes = 100;
  FakeMember& author = joined("d");
  FakeMember& slow = joined("d");
  slow.backlog = 101;
  ASSERT_TRUE(author.seat->awareness(presence(1, 1, R"({"x":1})")));
  ASSERT_TRUE(author.seat->awareness(presence(1, 2, R"({"x":2})")));
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  EXPECT_THAT(slow.take(), ElementsAre(body({0, 2}, text(1, 0, "x"))));
  slow.seat->caught_up();
  EXPECT_THAT(slow.take(), ElementsAre(body({1}, presence(1, 2, R"({"x":2})"))));
}

TEST_F(RoomTest, AMemberThatMissedSomeonesLeavingHearsOfIt) {
  limits_.awareness_backlog_bytes = 100;
  FakeMember& leaver = joined("d");
  FakeMember& slow = joined("d");
  ASSERT_TRUE(leaver.seat->awareness(presence(1, 1)));
  slow.take();
  slow.backlog = 101;
  leaver.seat->leave();
  slow.seat->caught_up();
  EXPECT_THAT(slow.take(), ElementsAre(body({1}, presence(1, 1, "null"))));
}

TEST_F(RoomTest, EveryoneWhoJoinsDuringALoadGetsTheSameRoom) {
  store_.document("d").updates.push_back({1, text(1, 0, "old")});
  FakeMember& a = join("d");
  FakeMember& b = join("d");
  EXPECT_EQ(store_.waiting_loads(), 1u);
  EXPECT_EQ(a.seat, nullptr);
  store_.answer_load();
  run();
  ASSERT_NE(a.seat, nullptr);
  ASSERT_NE(b.seat, nullptr);
  EXPECT_EQ(registry_.room_count(), 1u);
  ASSERT_TRUE(a.seat->sync_update(text(2, 0, "new")));
  EXPECT_EQ(b.take().size(), 1u);
}

TEST_F(RoomTest, AFailedLoadRefusesEveryoneAndWritesNothing) {
  FakeMember& a = join("d");
  FakeMember& b = join("d");
  store_.answer_load(false);
  run();
  ASSERT_TRUE(a.refusal && b.refusal);
  EXPECT_EQ(a.refusal->code, Errc::unavailable);
  EXPECT_EQ(registry_.room_count(), 0u);
  EXPECT_EQ(store_.waiting_appends() + store_.waiting_compactions(), 0u);
  EXPECT_FALSE(store_.has_document("d"));
  // The next one tries again.
  EXPECT_NE(joined("d").seat, nullptr);
}

TEST_F(RoomTest, WhoGivesUpDuringALoadIsNotAnswered) {
  FakeMember& member = join("d");
  registry_.cancel("d", member);
  store_.answer_load();
  run();
  EXPECT_EQ(member.seat, nullptr);
  tick(limits_.unload_delay);
  EXPECT_EQ(registry_.room_count(), 0u);
}

TEST_F(RoomTest, UnloadsFoldedAfterTheLastHasLeft) {
  FakeMember& member = joined("d");
  ASSERT_TRUE(member.seat->sync_update(text(1, 0, "abc")));
  member.seat->leave();
  tick(limits_.unload_delay);
  EXPECT_EQ(registry_.room_count(), 1u);  // not on disk yet
  EXPECT_EQ(store_.waiting_compactions(), 0u);
  commit();
  tick(std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 1u);
  store_.answer_compaction();
  run();
  tick(std::chrono::seconds(1));
  EXPECT_EQ(registry_.room_count(), 0u);
  EXPECT_TRUE(store_.document("d").updates.empty());
  EXPECT_EQ(store_.document("d").state, text(1, 0, "abc"));
}

TEST_F(RoomTest, WhoJoinsWhileTheRoomIsFoldedForUnloadingKeepsIt) {
  FakeMember& member = joined("d");
  ASSERT_TRUE(member.seat->sync_update(text(1, 0, "abc")));
  commit();
  member.seat->leave();
  tick(limits_.unload_delay);
  ASSERT_EQ(store_.waiting_compactions(), 1u);
  FakeMember& back = join("d");
  ASSERT_NE(back.seat, nullptr);
  ASSERT_TRUE(back.seat->sync_update(text(1, 3, "d")));
  store_.answer_compaction();
  run();
  commit();
  tick(std::chrono::seconds(10));
  EXPECT_EQ(registry_.room_count(), 1u);
  EXPECT_EQ(store_.document("d").updates.size(), 1u);
  EXPECT_EQ(FakeMember::acks(back.take()), 1u);
}

TEST_F(RoomTest, AFailedCompactionDoesNotKeepTheRoomForEver) {
  FakeMember& member = joined("d");
  ASSERT_TRUE(member.seat->sync_update(text(1, 0, "abc")));
  commit();
  member.seat->leave();
  tick(limits_.unload_delay);
  store_.answer_compaction(false);
  run();
  tick(std::chrono::seconds(1));
  EXPECT_EQ(registry_.room_count(), 0u);
  EXPECT_EQ(store_.document("d").updates.size(), 1u);
}

TEST_F(RoomTest, GoesWhenAnotherProcessHasFoldedItsLog) {
  FakeMember& member = joined("d");
  ASSERT_TRUE(member.seat->sync_update(text(1, 0, "abc")));
  commit();
  member.seat->leave();
  store_.fold_elsewhere("d");
  tick(limits_.unload_delay);
  ASSERT_TRUE(store_.answer_compaction());
  run();
  tick(std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 0u);
  EXPECT_EQ(registry_.room_count(), 0u);
}

TEST_F(RoomTest, TriesAFailedCompactionAgainAfterAWhile) {
  limits_.max_log_rows = 1;
  FakeMember& member = joined("d");
  auto edit = [&, clock = crdt::Clock{0}]() mutable {
    ASSERT_TRUE(member.seat->sync_update(text(1, clock++, "x")));
    commit();
  };
  edit();
  edit();
  tick(std::chrono::seconds(1));
  ASSERT_TRUE(store_.answer_compaction(false));
  run();
  edit();
  tick(limits_.compaction_retry_delay - std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 0u);
  tick(std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 1u);
}

TEST_F(RoomTest, FoldsALogThatHasGrown) {
  limits_.max_log_rows = 10;
  FakeMember& member = joined("d");
  for (crdt::Clock clock = 0; clock <= 10; ++clock)
    ASSERT_TRUE(member.seat->sync_update(text(1, clock, "x")));
  commit();
  tick(std::chrono::seconds(1));
  ASSERT_EQ(store_.waiting_compactions(), 1u);
  tick(std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 1u);  // one at a time
  store_.answer_compaction();
  run();
  tick(std::chrono::seconds(1));
  EXPECT_EQ(store_.waiting_compactions(), 0u);
}

TEST_F(RoomTest, AcknowledgmentsOfWhoHasLeftAreDropped) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  author.seat->leave();
  const std::size_t frames = author.frames.size();
  commit();
  EXPECT_EQ(author.frames.size(), frames);
  EXPECT_EQ(FakeMember::acks(other.take()), 0u);
  // Its seat is of no use any more, and of no harm.
  EXPECT_TRUE(author.seat->sync_update(Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace canvas::room
