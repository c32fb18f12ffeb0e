#include <gmock/gmock.h>

#include "fixtures/room_fixture.h"

namespace canvas::room {
namespace {

using protocol::Dialect;
using ::testing::ElementsAre;
using testing::FakeMember;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A room whose backlog is set by hand; what `client` has typed is always one text.
class ReadOnlyTest : public testing::RoomFixture {
protected:
  ReadOnlyTest() { limits_.max_room_backlog_bytes = 100; }

  // Both ways: everyone is told when the room's next tick comes.
  void overload() {
    store_.set_backlog(limits_.max_backlog_bytes + 1);
    tick(std::chrono::seconds(1));
  }
  void relieve() {
    store_.set_backlog(0);
    tick(std::chrono::seconds(1));
  }

  static Bytes whole(std::uint64_t client, std::size_t length) {
    return testing::UpdateBuilder().section(client, 0).text(std::string(length, 'x')).build();
  }

  static Bytes told(std::string_view scope) { return body({2, 2}, to_bytes(as_bytes(scope))); }

  const Bytes told_read_only = told("readonly");
  const Bytes told_read_write = told("read-write");
  const Bytes refusal{8, 0};
  const Bytes acknowledgment{8, 1};
  const Bytes empty_step1 = body({0, 0}, Bytes{0});
};

TEST_F(ReadOnlyTest, TakesAndPassesOnWhatTheDatabaseCannotTakeYet) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  EXPECT_THAT(other.take(), SizeIs(1));
  EXPECT_THAT(author.take(), IsEmpty());
}

TEST_F(ReadOnlyTest, ARoomWithTooMuchThatWaitsTakesNoMoreAndSaysSo) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  FakeMember& elsewhere = joined("e");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, std::string(100, 'x'))));
  other.take();
  ASSERT_TRUE(author.seat->sync_update(text(1, 100, "y")));
  EXPECT_THAT(author.take(), ElementsAre(told_read_only, refusal));
  EXPECT_THAT(other.take(), ElementsAre(told_read_only));
  EXPECT_EQ(author.seat->scope(), protocol::Scope::read_only);
  EXPECT_EQ(store_.waiting_appends(), 1u);
  EXPECT_EQ(elsewhere.seat->scope(), protocol::Scope::read_write);
  EXPECT_EQ(registry_.read_only_rooms().overloaded, 1u);
}

TEST_F(ReadOnlyTest, AllRoomsTakeNoMoreWhenTooMuchOfAllWaits) {
  FakeMember& a = joined("d");
  FakeMember& b = joined("e");
  overload();
  EXPECT_THAT(a.take(), ElementsAre(told_read_only));
  EXPECT_THAT(b.take(), ElementsAre(told_read_only));
  for (const RoomSummary& room : registry_.rooms()) EXPECT_EQ(room.read_only, ReadOnlyReason::overloaded);
}

TEST_F(ReadOnlyTest, ARoomIsWritableAgainWhenHalfOfTheLimitWaits) {
  FakeMember& author = joined("d");
  FakeMember& reader = joined("d");
  for (crdt::Clock clock = 0; clock < 100; clock += 10)
    ASSERT_TRUE(author.seat->sync_update(text(1, clock, std::string(10, 'x'))));
  reader.take();
  tick(std::chrono::seconds(1));
  ASSERT_EQ(registry_.read_only_rooms().overloaded, 1u);
  reader.take();
  const std::size_t row = store_.backlog_bytes() / store_.waiting_appends();
  while (store_.backlog_bytes() > limits_.max_room_backlog_bytes / 2 + row) commit(1);
  EXPECT_THAT(reader.take(), IsEmpty());
  commit(1);
  EXPECT_THAT(reader.take(), ElementsAre(told_read_write));
}

TEST_F(ReadOnlyTest, WhoJoinsAReadOnlyRoomIsToldSo) {
  joined("d");
  overload();
  EXPECT_THAT(joined("d").take(), ElementsAre(told_read_only));
  EXPECT_THAT(joined("d", Dialect::y_websocket).take(), IsEmpty());
}

TEST_F(ReadOnlyTest, WhoMayOnlyReadIsToldNothingOfIt) {
  joined("d");
  FakeMember& reader = join("d");
  reader.seat->leave();
  reader.current_scope = protocol::Scope::read_only;
  registry_.join("d", reader);
  overload();
  relieve();
  EXPECT_THAT(reader.take(), IsEmpty());
}

TEST_F(ReadOnlyTest, YWebsocketIsToldWithEachRefusalWhy) {
  FakeMember& plain = joined("d", Dialect::y_websocket);
  overload();
  ASSERT_TRUE(plain.seat->sync_update(text(1, 0, "x")));
  const std::vector<Bytes> bodies = plain.take();
  ASSERT_THAT(bodies, SizeIs(1));
  EXPECT_THAT(std::string(as_text(bodies[0])), ::testing::HasSubstr("the database does not keep up"));
}

TEST_F(ReadOnlyTest, WhatARoomKnowsIsAcknowledgedWhenItIsOnDiskNotBefore) {
  FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  overload();
  FakeMember& again = joined("d");
  again.take();
  ASSERT_TRUE(again.seat->sync_step2(text(1, 0, "x")));
  EXPECT_THAT(again.take(), IsEmpty());
  commit();
  EXPECT_EQ(FakeMember::acks(again.take()), 1u);
}

TEST_F(ReadOnlyTest, AsksForWhatItRefusedAndAcknowledgesItOnceForEachRefusal) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  overload();
  for (crdt::Clock clock = 0; clock < 3; ++clock) ASSERT_TRUE(author.seat->sync_update(text(1, clock, "x")));
  author.take();
  other.take();
  relieve();
  EXPECT_THAT(author.take(), ElementsAre(told_read_write, empty_step1));
  EXPECT_THAT(other.take(), ElementsAre(told_read_write));
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 3)));
  EXPECT_THAT(author.take(), IsEmpty());
  commit();
  EXPECT_THAT(author.take(), ElementsAre(acknowledgment, acknowledgment, acknowledgment));
}

TEST_F(ReadOnlyTest, AsksEveryoneWhoWasRefused) {
  FakeMember& first = joined("d");
  FakeMember& second = joined("d");
  overload();
  ASSERT_TRUE(first.seat->sync_update(text(1, 0, "x")));
  ASSERT_TRUE(second.seat->sync_update(text(2, 0, "x")));
  first.take();
  second.take();
  relieve();
  EXPECT_THAT(first.take(), ElementsAre(told_read_write, empty_step1));
  EXPECT_THAT(second.take(), ElementsAre(told_read_write, empty_step1));
}

TEST_F(ReadOnlyTest, WhatIsSettledIsNotAcknowledgedAgainAfterTheNextOverload) {
  FakeMember& author = joined("d");
  for (crdt::Clock clock = 0; clock < 2; ++clock) {
    overload();
    ASSERT_TRUE(author.seat->sync_update(text(1, clock, "x")));
    relieve();
    ASSERT_TRUE(author.seat->sync_step2(whole(1, clock + 1)));
    commit();
    EXPECT_EQ(FakeMember::acks(author.take()), 1u);
  }
}

TEST_F(ReadOnlyTest, AsksYWebsocketForWhatItRefused) {
  FakeMember& plain = joined("d", Dialect::y_websocket);
  overload();
  ASSERT_TRUE(plain.seat->sync_update(text(1, 0, "x")));
  plain.take();
  relieve();
  EXPECT_THAT(plain.take(), ElementsAre(empty_step1));
}

TEST_F(ReadOnlyTest, ARefusedHandshakeIsAskedForAgainAndAcknowledgedOnce) {
  joined("d");
  overload();
  FakeMember& late = joined("d");
  ASSERT_TRUE(late.seat->sync_step1(Bytes{0}));
  ASSERT_TRUE(late.seat->sync_step2(whole(1, 3)));
  relieve();
  ASSERT_TRUE(late.seat->sync_step2(whole(1, 3)));
  commit();
  EXPECT_EQ(FakeMember::acks(late.take()), 1u);
}

TEST_F(ReadOnlyTest, AnAnswerThatIsRefusedIsAskedForAgain) {
  FakeMember& author = joined("d");
  overload();
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  relieve();
  overload();
  author.take();
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 1)));
  ASSERT_TRUE(author.seat->sync_update(text(1, 1, "x")));
  EXPECT_THAT(author.take(), ElementsAre(refusal, refusal));
  relieve();
  EXPECT_THAT(author.take(), ElementsAre(told_read_write, empty_step1));
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 2)));
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 2u);
}

TEST_F(ReadOnlyTest, IsNotAskedTwiceWhileTheAnswerIsOnItsWay) {
  FakeMember& author = joined("d");
  overload();
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  relieve();
  overload();
  ASSERT_TRUE(author.seat->sync_update(text(1, 1, "x")));
  author.take();
  relieve();
  EXPECT_THAT(author.take(), ElementsAre(told_read_write));
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 2)));
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 2u);
}

TEST_F(ReadOnlyTest, TheAnswerOfAHandshakeIsNotTakenForThatOfTheQuestion) {
  FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_step1(Bytes{0}));
  overload();
  for (crdt::Clock clock = 0; clock < 3; ++clock) ASSERT_TRUE(author.seat->sync_update(text(1, clock, "x")));
  relieve();
  author.take();
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 3)));
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 1u);
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 3)));
  EXPECT_EQ(FakeMember::acks(author.take()), 3u);
}

TEST_F(ReadOnlyTest, AHandshakeOfTheClientCountsAnew) {
  FakeMember& author = joined("d");
  overload();
  for (crdt::Clock clock = 0; clock < 3; ++clock) ASSERT_TRUE(author.seat->sync_update(text(1, clock, "x")));
  ASSERT_TRUE(author.seat->sync_step1(Bytes{0}));
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 3)));
  relieve();
  ASSERT_TRUE(author.seat->sync_step2(whole(1, 3)));
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 1u);
}

TEST_F(ReadOnlyTest, WhatIsTooLargeIsNotAskedFor) {
  limits_.max_document_bytes = 10;
  FakeMember& author = joined("d");
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, std::string(11, 'x'))));
  overload();
  author.take();
  relieve();
  EXPECT_THAT(author.take(), ElementsAre(told_read_write));
}

TEST_F(ReadOnlyTest, AMemberWhoMayWriteAgainIsAskedForWhatItWasRefused) {
  FakeMember& author = joined("d");
  FakeMember& other = joined("d");
  author.current_scope = protocol::Scope::read_only;
  author.seat->scope_changed();
  EXPECT_THAT(author.take(), ElementsAre(told_read_only));
  ASSERT_TRUE(author.seat->sync_update(text(1, 0, "x")));
  ASSERT_TRUE(author.seat->sync_update(text(1, 1, "y")));
  EXPECT_THAT(author.take(), ElementsAre(refusal, refusal));
  author.current_scope = protocol::Scope::read_write;
  author.seat->scope_changed();
  EXPECT_THAT(author.take(), ElementsAre(told_read_write, body({0, 0}, Bytes{0})));
  EXPECT_THAT(other.take(), ::testing::IsEmpty());
  ASSERT_TRUE(author.seat->sync_step2(text(1, 0, "xy")));
  EXPECT_EQ(other.take().size(), 1u);
  commit();
  EXPECT_EQ(FakeMember::acks(author.take()), 2u);
}

TEST_F(ReadOnlyTest, WhatDoesNotDecodeIsLeftOutAndTheRestIsReadOnly) {
  store_.document("d").updates.push_back({1, text(1, 0, "sound")});
  store_.document("d").updates.push_back({2, Bytes{9, 9, 9}});
  store_.document("d").updates.push_back({3, text(2, 0, "too")});
  FakeMember& member = joined("d");
  EXPECT_THAT(member.take(), ElementsAre(told_read_only));
  ASSERT_TRUE(member.seat->sync_step1(Bytes{0}));
  member.receive(member.take());
  EXPECT_EQ(member.document.state_vector().get(crdt::ClientId{1}), 5u);
  EXPECT_EQ(member.document.state_vector().get(crdt::ClientId{2}), 3u);
  ASSERT_TRUE(member.seat->sync_update(text(3, 0, "new")));
  EXPECT_THAT(member.take(), ElementsAre(refusal));
}

TEST_F(ReadOnlyTest, WhatAChecksumHasFoundMakesTheDocumentReadOnly) {
  store_.document("d").damages.push_back({std::nullopt, "the checksum does not match"});
  FakeMember& member = joined("d");
  EXPECT_EQ(member.seat->scope(), protocol::Scope::read_only);
  EXPECT_EQ(registry_.rooms().at(0).read_only, ReadOnlyReason::damaged);
}

TEST_F(ReadOnlyTest, ADamagedDocumentIsNeitherAppendedToNorFoldedAndUnloads) {
  limits_.max_log_rows = 1;
  for (std::int64_t row = 1; row < 5; ++row) store_.document("d").updates.push_back({row, Bytes{9}});
  FakeMember& member = joined("d");
  ASSERT_TRUE(member.seat->sync_update(text(1, 0, "x")));
  tick(std::chrono::seconds(1));
  overload();
  relieve();
  member.seat->leave();
  tick(limits_.unload_delay);
  EXPECT_EQ(registry_.room_count(), 0u);
  EXPECT_EQ(store_.waiting_appends() + store_.waiting_compactions(), 0u);
  EXPECT_EQ(store_.document("d").updates.size(), 4u);
}

}  // namespace
}  // namespace canvas::room
