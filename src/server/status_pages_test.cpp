// What the pages say to whom.
#include "server/status_pages.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "fixtures/room_fixture.h"
#include "fixtures/scripted_gatekeeper.h"

namespace canvas::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusPagesTest : public testing::RoomFixture {
protected:
  boost::json::object health(Asker asker) {
    return boost::json::parse(pages_.health(asker).body).as_object();
  }

  ClientLimits client_limits_;
  testing::ScriptedGatekeeper gatekeeper_;
  Metrics metrics_{limit_values(client_limits_, limits_, {})};
  Audit audit_{metrics_};
  Doorkeeper doorkeeper_{client_limits_, gatekeeper_, audit_, metrics_};
  ClientSurroundings surroundings_{client_limits_, doorkeeper_,
                                   registry_,      audit_,
                                   metrics_,       [](std::chrono::milliseconds, std::function<void()>) {}};
  net::Shard shard_;
  StatusPages pages_{surroundings_, store_, shard_};
};

TEST_F(StatusPagesTest, AHealthyServerAnswers200AndHasNoReasons) {
  joined("d");
  EXPECT_EQ(pages_.health(Asker::elsewhere).status, 200u);
  const boost::json::object said = health(Asker::elsewhere);
  EXPECT_EQ(said.at("status"), "healthy");
  EXPECT_TRUE(said.at("reasons").as_array().empty());
  EXPECT_EQ(said.at("rooms"), 1);
  EXPECT_TRUE(said.at("database").at("latency_ms").is_null());
}

TEST_F(StatusPagesTest, WhatNamesAHostIsForWhoIsOnThisMachine) {
  store_.set_health(
      {false, "db.example refuses", std::chrono::milliseconds(1500), std::chrono::microseconds(250), 7});
  EXPECT_THAT(pages_.health(Asker::elsewhere).body, Not(HasSubstr("db.example")));
  const boost::json::object said = health(Asker::here);
  EXPECT_EQ(said.at("status"), "degraded");
  EXPECT_EQ(said.at("reasons").as_array().at(0), "nothing could be committed for 1 s: db.example refuses");
  EXPECT_EQ(said.at("database").at("reason"), "db.example refuses");
  EXPECT_EQ(said.at("database").at("latency_ms"), 0.25);
  EXPECT_EQ(said.at("database").at("backlog_updates"), 7);
}

TEST_F(StatusPagesTest, ADegradedServerAnswers200) {
  store_.set_health({false, "it is away", std::chrono::milliseconds(1)});
  EXPECT_EQ(pages_.health(Asker::here).status, 200u);
  EXPECT_EQ(pages_.ready().status, 200u);
  EXPECT_THAT(pages_.metrics().body, HasSubstr("\ncanvas_ws_health 1\n"));
}

TEST_F(StatusPagesTest, AServerThatGoesDownIsAliveButNeitherHealthyNorReady) {
  surroundings_.draining = true;
  EXPECT_EQ(pages_.alive().status, 200u);
  EXPECT_EQ(pages_.health(Asker::here).status, 503u);
  EXPECT_EQ(health(Asker::here).at("status"), "unhealthy");
  EXPECT_EQ(pages_.ready().status, 503u);
  EXPECT_THAT(pages_.ready().body, HasSubstr("going down"));
}

TEST_F(StatusPagesTest, TheNamesOfDocumentsAreNobodysBusinessElsewhere) {
  joined("a-secret-plan");
  EXPECT_EQ(pages_.rooms(Asker::elsewhere).status, 403u);
  EXPECT_THAT(pages_.metrics().body, Not(HasSubstr("secret")));
  EXPECT_THAT(pages_.rooms(Asker::here).body, HasSubstr("a-secret-plan"));
}

TEST_F(StatusPagesTest, TheLargestDocumentsStandInMetricsByTheirRank) {
  joined("small");
  ASSERT_TRUE(joined("large").seat->sync_update(text(1, 0, std::string(50'000, 'x'))));
  EXPECT_THAT(pages_.metrics().body, HasSubstr("canvas_ws_room_memory_bytes{rank=\"2\"}"));
  const boost::json::object said = boost::json::parse(pages_.rooms(Asker::here).body).as_object();
  EXPECT_EQ(said.at("largest").as_array().at(0).at("document"), "large");
}

TEST_F(StatusPagesTest, ABroadcastIsTimedOnceATurn) {
  metrics_.flushed({std::chrono::steady_clock::now() - std::chrono::seconds(3), std::nullopt});
  metrics_.flushed({});
  const std::string text = pages_.metrics().body;
  EXPECT_THAT(text, HasSubstr("canvas_ws_broadcast_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("canvas_ws_broadcast_seconds_bucket{le=\"2.5\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("canvas_ws_acknowledgment_seconds_count 0\n"));
}

TEST_F(StatusPagesTest, WhatMayBeCountedIsThereWithZero) {
  const std::string text = pages_.metrics().body;
  for (const char* line : {"canvas_ws_access_refused_total{reason=\"forbidden\"} 0\n",
                           "canvas_ws_limit_hits_total{limit=\"max-rooms\"} 0\n",
                           "canvas_ws_connections_closed_total{code=\"1013\"} 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace canvas::server
