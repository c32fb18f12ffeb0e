// A client with a scripted gatekeeper: what it is told, and when it is closed.
#include "server/client.h"

#include <gmock/gmock.h>

#include <thread>

#include "fixtures/room_fixture.h"
#include "fixtures/scripted_gatekeeper.h"
#include "lib0/writer.h"
#include "server/application.h"

namespace canvas::server {
namespace {

using auth::Access;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FakeSocket final : net::WebSocket {
  void send(SharedBytes frame) override { frames.push_back(std::move(frame)); }
  std::size_t backlog_bytes() const override { return 0; }
  void close(net::CloseCode code, std::string_view why, Unsent) override {
    if (closed == 0) reason = why;
    if (closed == 0) closed = static_cast<int>(code);
  }
  void pause_reading(std::chrono::milliseconds time) override { paused += time; }
  void set_max_message_bytes(std::size_t) override {}
  const std::string& remote_address() const override { return address; }

  std::vector<SharedBytes> frames;
  int closed = 0;
  std::string reason;
  std::chrono::milliseconds paused{0};
  std::string address = "192.0.2.1";
};

class ClientTest : public testing::RoomFixture {
protected:
  struct Connected {
    std::shared_ptr<Client> client;
    FakeSocket socket;
    std::string name;  // that its frames bear; empty: y-websocket

    void say(std::initializer_list<std::uint8_t> head, const Bytes& payload) {
      lib0::Writer out;
      if (!name.empty()) out.write_var_bytes(as_bytes(name));
      const Bytes rest = body(head, payload);
      out.write_bytes(rest);
      client->on_message(out.take());
    }
    void token(std::string_view text) { say({2, 0}, to_bytes(as_bytes(text))); }
    void step1() { say({0, 0}, Bytes{0}); }
    void update(const Bytes& bytes) { say({0, 2}, bytes); }
    void step2(const Bytes& bytes) { say({0, 1}, bytes); }
    // The bodies of all frames since the last call.
    std::vector<Bytes> heard() {
      const testing::FakeMember reader(
          {name.empty() ? protocol::Dialect::y_websocket : protocol::Dialect::hocuspocus, name});
      std::vector<Bytes> bodies;
      for (const SharedBytes& frame : std::exchange(socket.frames, {})) bodies.push_back(reader.body(frame));
      return bodies;
    }
  };

  Connected& connect(std::string name, std::shared_ptr<auth::Permit> permit = nullptr) {
    Arrival arrival{*doorkeeper_.arrive({"192.0.2.1", "192.0.2.1", false}), {}, std::nullopt, permit};
    if (name.empty()) arrival.document = "d";
    connected_.push_back(std::make_unique<Connected>());
    Connected& made = *connected_.back();
    made.name = std::move(name);
    made.client = std::make_shared<Client>(surroundings_, std::move(arrival));
    made.client->on_open(made.socket);
    return made;
  }
  // Open for "d".
  Connected& joined(Access access, std::shared_ptr<testing::ScriptedPermit>& permit) {
    Connected& made = connect("d");
    made.token("t");
    permit = gatekeeper_.allow(access);
    settle();
    made.step1();
    made.heard();
    return made;
  }
  void settle() {
    store_.answer_load();
    run();
  }
  void TearDown() override {
    for (const auto& made : connected_) made->client->on_closed();
  }

  static Bytes authenticated(std::string_view scope) { return body({2, 2}, to_bytes(as_bytes(scope))); }
  static Bytes denied(std::string_view why) { return body({2, 1}, to_bytes(as_bytes(why))); }

  ClientLimits client_limits_;
  testing::ScriptedGatekeeper gatekeeper_;
  Metrics metrics_{limit_values(client_limits_, limits_, {})};
  Audit audit_{metrics_};
  Doorkeeper doorkeeper_{client_limits_, gatekeeper_, audit_, metrics_};
  std::vector<std::function<void()>> later_;
  ClientSurroundings surroundings_{
      client_limits_,
      doorkeeper_,
      registry_,
      audit_,
      metrics_,
      [this](std::chrono::milliseconds, std::function<void()> task) { later_.push_back(std::move(task)); }};
  std::vector<std::unique_ptr<Connected>> connected_;
};

TEST_F(ClientTest, NothingOfAReaderReachesTheOthersOrTheLogButItsPresence) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  std::shared_ptr<testing::ScriptedPermit> other_permit;
  Connected& reader = joined(Access::view, permit);
  Connected& other = joined(Access::edit, other_permit);
  reader.update(text(1, 0, "x"));
  reader.step2(text(1, 0, "x"));
  reader.say({4, 1}, text(1, 0, "x"));
  reader.say({5}, Bytes{'x'});
  EXPECT_THAT(other.heard(), IsEmpty());
  EXPECT_EQ(store_.waiting_appends(), 0u);
}

TEST_F(ClientTest, PresenceOfAReaderReachesTheOthers) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& reader = joined(Access::view, permit);
  Connected& other = joined(Access::edit, permit);
  reader.say({1}, presence(1, 1));
  EXPECT_THAT(other.heard(), ElementsAre(body({1}, presence(1, 1))));
}

TEST_F(ClientTest, BecomesReadOnlyAndWritableInPlaceAndIsAskedForWhatItTypedMeanwhile) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  client.step2(Bytes{0, 0});
  client.heard();
  permit->change(Access::view);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("readonly")));
  client.update(text(1, 0, "x"));
  EXPECT_THAT(client.heard(), ElementsAre(Bytes{8, 0}));
  permit->change(Access::edit);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("read-write"), body({0, 0}, Bytes{0})));
  client.step2(text(1, 0, "x"));
  EXPECT_EQ(store_.waiting_appends(), 1u);
}

TEST_F(ClientTest, WhoLosesItsOnlyDocumentIsToldAndClosed) {
  const std::pair<Errc, int> codes[] = {
      {Errc::forbidden, 4403}, {Errc::unauthenticated, 4401}, {Errc::unavailable, 1013}};
  for (const auto& [why, code] : codes) {
    std::shared_ptr<testing::ScriptedPermit> permit;
    Connected& client = joined(Access::edit, permit);
    permit->change(Error{why, "gone"});
    EXPECT_EQ(client.socket.closed, code);
    if (why != Errc::unavailable) {
      EXPECT_THAT(client.heard(), ElementsAre(denied("gone")));
    }
    client.update(text(1, 0, "x"));
    EXPECT_EQ(store_.waiting_appends(), 0u);
    EXPECT_EQ(registry_.rooms().at(0).members, 0u);
  }
}

TEST_F(ClientTest, WhoLosesOneOfTwoDocumentsKeepsTheOtherAndMayShowANewToken) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  client.name = "e";
  client.token("t");
  gatekeeper_.allow(Access::edit);
  settle();
  permit->change(Error{Errc::forbidden, "gone"});
  EXPECT_EQ(client.socket.closed, 0);
  client.name = "d";
  client.heard();
  client.token("better");
  EXPECT_EQ(gatekeeper_.tokens.back(), "better");
  gatekeeper_.allow(Access::view);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("readonly")));
}

TEST_F(ClientTest, ARefusedTokenMayBeFollowedByAnotherAndNamesTheCodeInTheEnd) {
  Connected& client = connect("d");
  client.token("bad");
  gatekeeper_.refuse(Errc::unauthenticated, "who are you");
  EXPECT_THAT(client.heard(), ElementsAre(denied("who are you")));
  EXPECT_EQ(client.socket.closed, 0);
  client.client->on_tick(now_);
  client.client->on_tick(now_ + client_limits_.admission_timeout + std::chrono::seconds(1));
  EXPECT_EQ(client.socket.closed, 4401);
}

TEST_F(ClientTest, ANewTokenOfTheSameUserChangesWhatItMay) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  client.token("second");
  gatekeeper_.allow(Access::view);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("readonly"), authenticated("readonly")));
  permit->change(Error{Errc::forbidden, "the old one counts no more"});
  EXPECT_EQ(client.socket.closed, 0);
  client.token("third");
  gatekeeper_.refuse(Errc::unavailable);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("readonly")));
}

TEST_F(ClientTest, ANewTokenOfSomebodyElseOrOfNobodyEndsTheDocument) {
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  client.token("second");
  gatekeeper_.allow(Access::edit, "bob");
  EXPECT_EQ(client.socket.closed, 4403);
  Connected& other = joined(Access::edit, permit);
  other.token("bad");
  gatekeeper_.refuse(Errc::unauthenticated);
  EXPECT_EQ(other.socket.closed, 4401);
}

TEST_F(ClientTest, YWebsocketComesInWithThePermitOfItsUpgrade) {
  auto permit = std::make_shared<testing::ScriptedPermit>("ann", Access::view);
  Connected& client = connect("", permit);
  client.step1();
  EXPECT_EQ(gatekeeper_.questions(), 0u);
  settle();
  client.update(text(1, 0, "x"));
  EXPECT_EQ(client.heard().back().at(0), 2);  // permission denied
  permit->change(Error{Errc::forbidden, "gone"});
  EXPECT_EQ(client.socket.closed, 4403);
}

TEST_F(ClientTest, APermitThatWasTakenBeforeTheFirstMessageIsNone) {
  auto permit = std::make_shared<testing::ScriptedPermit>("ann", Access::edit);
  Connected& client = connect("", permit);
  permit->change(Error{Errc::unauthenticated, "signed out"});
  client.step1();
  EXPECT_EQ(client.socket.closed, 4401);
  EXPECT_EQ(registry_.room_count(), 0u);
}

TEST_F(ClientTest, APermitThatIsTakenEndsASilentConnectionAtOnce) {
  auto permit = std::make_shared<testing::ScriptedPermit>("ann", Access::edit);
  Connected& client = connect("", permit);
  permit->change(Error{Errc::unauthenticated, "signed out"});
  EXPECT_EQ(client.socket.closed, 4401);
}

TEST_F(ClientTest, HocuspocusOnAUrlOfADocumentIsAskedForItsToken) {
  Connected& client = connect("", std::make_shared<testing::ScriptedPermit>("ann", Access::edit));
  client.name = "d";
  client.token("t");
  EXPECT_EQ(gatekeeper_.questions(), 1u);
}

TEST_F(ClientTest, AUserHasOnlySoManyConnections) {
  client_limits_.max_connections_per_user = 1;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& first = joined(Access::edit, permit);
  Connected& second = connect("d");
  second.token("t");
  gatekeeper_.allow(Access::edit);
  EXPECT_THAT(second.heard(),
              ElementsAre(denied("limit: 1 connections a user (--max-connections-per-user)")));
  EXPECT_EQ(second.socket.closed, 1013);
  EXPECT_EQ(first.socket.closed, 0);
}

TEST_F(ClientTest, AfterTooManyFailuresTheGatekeeperIsNotAsked) {
  client_limits_.max_failures_per_address = 2;
  for (int i = 0; i < 2; ++i) {
    connect("d").token("bad");
    gatekeeper_.refuse(Errc::unauthenticated);
  }
  Connected& third = connect("d");
  third.token("good");
  EXPECT_EQ(gatekeeper_.questions(), 0u);
  EXPECT_EQ(third.socket.closed, 1013);
}

TEST_F(ClientTest, AfterTooManyFailuresOfOthersWhoIsInStays) {
  client_limits_.max_failures_per_address = 1;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  connect("d").token("bad");
  gatekeeper_.refuse(Errc::unauthenticated);
  client.token("t");
  EXPECT_EQ(gatekeeper_.questions(), 0u);
  EXPECT_THAT(client.heard(), ElementsAre(authenticated("read-write")));
  EXPECT_EQ(client.socket.closed, 0);
}

TEST_F(ClientTest, OnlySoManyCredentialsOfAnAddressAreLookedUpAtOnce) {
  client_limits_.max_lookups_per_address = 1;
  connect("d").token("t");
  Connected& second = connect("d");
  second.token("t");
  EXPECT_EQ(gatekeeper_.questions(), 1u);
  EXPECT_EQ(second.socket.closed, 1013);
  gatekeeper_.allow(Access::edit);
  connect("d").token("t");
  EXPECT_EQ(gatekeeper_.questions(), 1u);
}

TEST_F(ClientTest, TooLongAnAddressAndTooLongATokenAreNotKept) {
  Connected& far = connect(std::string(1000, 'd'));
  far.token("t");
  EXPECT_EQ(far.socket.closed, 1007);
  Connected& long_winded = connect("d");
  long_winded.token(std::string(10'000, 't'));
  EXPECT_EQ(gatekeeper_.questions(), 0u);
  EXPECT_THAT(long_winded.heard(), ElementsAre(denied("the token is too long")));
}

TEST_F(ClientTest, WhoAsksForDocumentsTooOftenIsReadMoreSlowly) {
  client_limits_.max_requests_per_second = 1;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::view, permit);
  for (int i = 0; i < 20; ++i) client.step1();
  EXPECT_GT(client.socket.paused.count(), 0);
}

TEST_F(ClientTest, WhoSendsTooManyUpdatesIsReadMoreSlowly) {
  client_limits_.update_burst = 10;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  for (crdt::Clock clock = 0; clock < 10; ++clock) client.update(text(1, clock, "x"));
  EXPECT_EQ(client.socket.paused.count(), 0);
  for (crdt::Clock clock = 10; clock < 20; ++clock) client.update(text(1, clock, "x"));
  EXPECT_GT(client.socket.paused.count(), 0);
  EXPECT_EQ(store_.waiting_appends(), 20u);
}

TEST_F(ClientTest, OfTooMuchPresenceTheNewestArrives) {
  client_limits_.max_awareness_per_second = 5;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  Connected& other = joined(Access::edit, permit);
  for (std::uint64_t clock = 1; clock <= 1000; ++clock) client.say({1}, presence(1, clock));
  EXPECT_LT(other.heard().size(), 50u);
  ASSERT_EQ(later_.size(), 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  later_.front()();
  EXPECT_THAT(other.heard(), ElementsAre(body({1}, presence(1, 1000))));
}

TEST_F(ClientTest, PresenceOfNobodyHoldsUpNothing) {
  client_limits_.max_awareness_per_second = 5;
  std::shared_ptr<testing::ScriptedPermit> permit;
  Connected& client = joined(Access::edit, permit);
  Connected& other = joined(Access::edit, permit);
  for (int i = 0; i < 1000; ++i) client.say({1}, Bytes{0});
  EXPECT_THAT(later_, IsEmpty());
  client.say({1}, presence(1, 1));
  ASSERT_EQ(later_.size(), 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  later_.front()();
  EXPECT_THAT(other.heard(), ElementsAre(body({1}, presence(1, 1))));
}

// What is answered to an upgrade of `path` when the gatekeeper says `why`.
class UpgradeTest : public ClientTest {
protected:
  void upgrade(std::string path, std::string address = "192.0.2.1") {
    net::HttpRequest request;
    request.path = std::move(path);
    request.remote_address = std::move(address);
    application_.on_upgrade(
        request, [this](net::UpgradeDecision decided) { decisions_.push_back(std::move(decided)); });
  }
  net::HttpResponse refusal() { return std::get<net::HttpResponse>(decisions_.back()); }
  bool is_taken() { return decisions_.back().index() == 1; }

  const TrustedProxies proxies_;
  net::Shard shard_;
  StatusPages pages_{surroundings_, store_, shard_};
  Application application_{surroundings_, pages_, "/ws", proxies_};
  std::vector<net::UpgradeDecision> decisions_;
};

TEST_F(UpgradeTest, AUrlWithADocumentIsAnsweredByWhatTheGatekeeperSays) {
  const std::pair<Errc, unsigned> answers[] = {
      {Errc::unauthenticated, 401}, {Errc::forbidden, 403}, {Errc::unavailable, 503}};
  for (const auto& [why, status] : answers) {
    upgrade("/ws/plan");
    gatekeeper_.refuse(why, "so it is");
    EXPECT_EQ(refusal().status, status);
    const std::string body = refusal().body;
    EXPECT_TRUE(body.starts_with("so it is"));
    EXPECT_EQ(std::count(body.begin(), body.end(), '\n'), 1);
  }
  upgrade("/ws/plan");
  EXPECT_EQ(decisions_.size(), 3u);
  gatekeeper_.allow(Access::edit);
  EXPECT_TRUE(is_taken());
}

TEST_F(UpgradeTest, AUrlWithoutADocumentIsTakenUnasked) {
  for (const char* path : {"/", "/ws", "/ws/"}) {
    upgrade(path);
    EXPECT_TRUE(is_taken()) << path;
  }
  EXPECT_EQ(gatekeeper_.questions(), 0u);
}

TEST_F(UpgradeTest, WhatIsOverALimitIsToldToComeLater) {
  client_limits_.max_connections_per_user = 1;
  client_limits_.max_connections_per_address = 3;
  upgrade("/plan");
  gatekeeper_.allow(Access::edit);
  upgrade("/plan");
  gatekeeper_.allow(Access::edit);
  EXPECT_EQ(refusal().status, 429);
  EXPECT_EQ(refusal().headers.at(0).first, "Retry-After");
  EXPECT_NE(refusal().body.find("--max-connections-per-user"), std::string::npos);
  upgrade("/");
  upgrade("/");
  upgrade("/");
  EXPECT_EQ(refusal().status, 429);
  EXPECT_NE(refusal().body.find("--max-connections-per-address"), std::string::npos);
  upgrade("/", "127.0.0.1");
  EXPECT_TRUE(is_taken());
}

TEST_F(ClientTest, ASecurityLineNamesWhoAndWhere) {
  ::testing::internal::CaptureStdout();
  std::shared_ptr<testing::ScriptedPermit> permit;
  joined(Access::edit, permit);
  for (int i = 0; i < 1000; ++i) {
    audit_.refused({.address = "192.0.2.9"}, Error{Errc::forbidden, "no"});
  }
  const std::string lines = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(lines.find(R"("event":"access.accepted","user":"ann","address":"192.0.2.1","document":"d")"),
            std::string::npos)
      << lines;
  EXPECT_LT(std::count(lines.begin(), lines.end(), '\n'), 60);
  ::testing::internal::CaptureStdout();
  audit_.tick(std::chrono::steady_clock::now() + std::chrono::seconds(2));
  EXPECT_NE(::testing::internal::GetCapturedStdout().find("\"suppressed\":9"), std::string::npos);
}

}  // namespace
}  // namespace canvas::server
