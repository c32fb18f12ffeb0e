// Random schedules of joins, edits, leaves, commits, outages, failures, damage and crashes, on a store that
// forgets what was not committed. Whatever happens: what was acknowledged is there, nobody is acknowledged
// twice or waits for ever, no room goes with work pending, what is damaged is not written to, and all who
// stay see the same.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "crdt/update_reader.h"
#include "fixtures/fake_store.h"
#include "fixtures/model_client.h"
#include "log/log.h"
#include "room/registry.h"

namespace canvas::room {
namespace {

using protocol::Dialect;
using testing::FakeStore;
using testing::ModelClient;

constexpr std::size_t document_count = 3;
constexpr std::size_t client_count = 6;
constexpr int step_count = 1000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned schedule_count = 300;
#else
constexpr unsigned schedule_count = 10'000;
#endif

// What the schedules have led to: a test that never comes to the interesting places proves nothing.
struct Seen {
  std::size_t crashes = 0;
  std::size_t refusals = 0;
  std::size_t overloads = 0;
  std::size_t damages = 0;
};

class Schedule {
public:
  Schedule(unsigned seed, Seen& seen) : random_(seed), seen_(seen) {
    start_server();
    for (std::size_t i = 0; i < client_count; ++i) {
      clients_.push_back(std::make_unique<ModelClient>(
          1000 + i, one_in(6) ? Dialect::y_websocket : Dialect::hocuspocus, any_document()));
    }
  }

  void run() {
    for (int step = 0; step < step_count && !::testing::Test::HasFailure(); ++step) take_step();
    if (!::testing::Test::HasFailure()) settle();
    for (const auto& client : clients_) seen_.refusals += client->refused();
  }

private:
  bool one_in(unsigned count) { return random_() % count == 0; }
  std::string any_document() { return "d" + std::to_string(random_() % document_count); }

  void start_server() {
    registry_ = std::make_unique<Registry>(
        limits_, store_, [this](std::function<void()> task) { posted_.push_back(std::move(task)); });
    registry_->tick(now_);
  }

  void take_step() {
    ModelClient& client = *clients_[random_() % clients_.size()];
    switch (random_() % 20) {
      case 0:
      case 1:
        if (!client.is_connected()) client.connect(*registry_);
        break;
      case 2:
        if (client.is_connected()) client.disconnect(*registry_);
        break;
      case 3:
      case 4: answer_load(); break;
      case 5: store_.commit(1 + random_() % 4); break;
      case 6: store_.answer_compaction(!one_in(4)); break;
      case 7:
      case 8: run_posted(random_() % 4); break;
      case 9:
      case 10: tick(); break;
      case 11: trouble(); break;
      case 12:
        if (one_in(4)) client.force_sync();
        [[fallthrough]];
      case 13:
      case 14: client.read(); break;
      default: client.edit(random_);
    }
  }

  void answer_load() {
    if (one_in(16)) {
      store_.damage_next_load(random_());
      ++seen_.damages;
    }
    store_.answer_load(!one_in(8));
  }

  // An outage begins or ends, of the database or of one document; or the server dies.
  void trouble() {
    if (one_in(24)) return crash();
    switch (random_() % 10) {
      case 0:
      case 1: return store_.set_away(true);
      case 2:
      case 3: return store_.hold(any_document());
      case 4:
      case 5: return store_.release_all();
      case 6: return store_.repair_all();
      default: store_.set_away(false);
    }
  }

  void crash() {
    ++seen_.crashes;
    store_.crash();
    posted_.clear();
    for (const auto& client : clients_) {
      if (client->is_connected()) client->drop();
    }
    registry_.reset();
    check_acknowledged();
    start_server();
  }

  void run_posted(std::size_t count) {
    for (; count > 0 && !posted_.empty(); --count) {
      const auto task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }

  void tick() {
    now_ += std::chrono::seconds(1);
    registry_->tick(now_);
    std::set<std::string> unattended = store_.documents_with_work();
    for (const RoomSummary& room : registry_->rooms()) {
      unattended.erase(std::string(room.document));
      if (room.read_only == ReadOnlyReason::overloaded) ++seen_.overloads;
    }
    ASSERT_TRUE(unattended.empty()) << "a room went with work pending: " << *unattended.begin();
  }

  // Everyone comes back, everything is mended and answered, until nothing moves any more; then all agree, and
  // when they leave the rooms go.
  void settle() {
    store_.set_away(false);
    store_.release_all();
    store_.repair_all();
    for (int round = 0; round < 20; ++round) {
      bring_back();
      for (const auto& client : clients_) client->read();
      answer_all();
      tick();
    }
    check_agreement();
    for (const auto& client : clients_) client->disconnect(*registry_);
    for (int second = 0; second < 10; ++second) {
      tick();
      answer_all();
    }
    ASSERT_EQ(registry_->room_count(), 0u);
    ASSERT_EQ(store_.waiting_appends(), 0u);
    check_acknowledged();
    check_stored();
  }

  // A document that was damaged when it was loaded is opened anew.
  void bring_back() {
    std::set<std::string_view> damaged;
    for (const RoomSummary& room : registry_->rooms()) {
      if (room.read_only == ReadOnlyReason::damaged) damaged.insert(room.document);
    }
    for (const auto& client : clients_) {
      const bool may_be_there = !damaged.contains(client->document_name());
      if (client->is_connected() && !may_be_there) client->disconnect(*registry_);
      if (!client->is_connected() && may_be_there) client->connect(*registry_);
    }
  }

  void answer_all() {
    while (store_.answer_load() || store_.answer_compaction() || store_.commit() > 0) {
    }
    run_posted(posted_.size());
  }

  void check_agreement() {
    for (const auto& client : clients_) {
      ASSERT_TRUE(client->is_joined());
      ASSERT_FALSE(client->was_told_read_only());
      ASSERT_EQ(client->unsynced(), 0);
      for (const auto& other : clients_) {
        if (client->document_name() == other->document_name()) {
          ASSERT_EQ(*client->blocks().encode_state(), *other->blocks().encode_state());
        }
      }
    }
  }

  // What any client was told is saved is in the store, although it may wait there for what was refused.
  void check_acknowledged() {
    for (const auto& client : clients_) {
      const store::StoredDocument& document = store_.sound_document(client->document_name());
      std::vector<bool> missing = client->acknowledged();
      const auto strike_out = [&](BytesView update) {
        crdt::UpdateReader reader(update);
        while (auto section = reader.next_section()) {
          while (!section->at_end()) {
            const crdt::WireBlock block = section->next();
            if (section->client() != crdt::ClientId{client->id()} || block.kind == crdt::ContentKind::skip)
              continue;
            for (crdt::Clock clock = block.id.clock; clock < block.end(); ++clock) missing[clock] = false;
          }
          reader.skip_to(*section);
        }
      };
      if (!document.state.empty()) strike_out(document.state);
      for (const store::StoredUpdate& update : document.updates) strike_out(update.bytes);
      ASSERT_EQ(std::count(missing.begin(), missing.end(), true), 0) << "an acknowledged update is lost";
    }
  }

  // The store holds just what the clients have, with every deletion.
  void check_stored() {
    for (const auto& client : clients_) {
      crdt::BlockStore stored;
      const store::StoredDocument& document = store_.document(client->document_name());
      if (!document.state.empty()) {
        ASSERT_TRUE(stored.apply(document.state));
      }
      for (const store::StoredUpdate& update : document.updates) ASSERT_TRUE(stored.apply(update.bytes));
      ASSERT_EQ(*stored.encode_state(), *client->blocks().encode_state());
    }
  }

  std::mt19937 random_;
  Seen& seen_;
  Limits limits_{.max_room_backlog_bytes = 150, .max_backlog_bytes = 300, .max_log_rows = 20};
  FakeStore store_;
  std::deque<std::function<void()>> posted_;
  Time now_{};
  std::unique_ptr<Registry> registry_;
  std::vector<std::unique_ptr<ModelClient>> clients_;
};

// SEED=n replays one; SCHEDULES=n runs so many.
TEST(Schedule, LosesNothingThatWasAcknowledged) {
  const char* seed = std::getenv("SEED");
  const char* count = std::getenv("SCHEDULES");
  const unsigned first = seed != nullptr ? static_cast<unsigned>(std::stoul(seed)) : 1;
  const unsigned last = seed != nullptr    ? first
                        : count != nullptr ? static_cast<unsigned>(std::stoul(count))
                                           : schedule_count;
  log::set_level(log::Level::off);
  Seen seen;
  for (unsigned at = first; at <= last && !HasFailure(); ++at) {
    SCOPED_TRACE("SEED=" + std::to_string(at));
    Schedule(at, seen).run();
  }
  log::set_level(log::Level::info);
  std::printf("%u schedules: %zu crashes, %zu refused updates, %zu seconds overloaded, %zu damaged loads\n",
              last - first + 1, seen.crashes, seen.refusals, seen.overloads, seen.damages);
}

}  // namespace
}  // namespace canvas::room
