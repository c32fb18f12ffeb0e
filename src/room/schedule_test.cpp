// Random schedules of joins, edits, leaves, commits, failures and crashes, on a store that forgets what was
// not committed. Whatever happens: what was acknowledged is there, nobody is acknowledged twice, no room goes
// with work pending, and all who stay see the same.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/log.h"
#include "fixtures/fake_member.h"
#include "fixtures/fake_store.h"
#include "fixtures/update_builder.h"
#include "room/registry.h"

namespace canvas::room {
namespace {

using protocol::Dialect;
using testing::FakeMember;
using testing::FakeStore;
using testing::UpdateBuilder;

constexpr std::size_t document_count = 3;
constexpr std::size_t client_count = 6;

// A client with a document of its own, that edits it connected or not, and syncs when it joins.
class Client {
public:
  Client(std::uint64_t id, std::string document) : id_(id), name_(std::move(document)) {}

  const std::string& document_name() const { return name_; }
  bool is_connected() const { return member_ != nullptr; }
  bool is_joined() const { return member_ != nullptr && member_->seat != nullptr; }
  FakeMember* member() { return member_.get(); }
  crdt::BlockStore& blocks() { return blocks_; }
  crdt::Clock acknowledged() const { return acknowledged_; }

  void connect(Registry& registry) {
    member_ = std::make_unique<FakeMember>(protocol::Address{Dialect::hocuspocus, name_});
    has_greeted_ = false;
    sent_.clear();
    registry.join(name_, *member_);
  }

  void disconnect(Registry& registry) {
    registry.cancel(name_, *member_);
    if (member_->seat) member_->seat->leave();
    drop();
  }

  // The server has died: nothing can be told to it any more.
  void drop() { member_.reset(); }

  void edit(std::mt19937& random) {
    testing::BlockAt at;
    if (clock_ > 0) at.origin = crdt::Id{crdt::ClientId{id_}, clock_ - 1};
    UpdateBuilder update;
    update.section(id_, clock_).text("x", at);
    if (random() % 4 == 0 && clock_ > 0) update.erase(id_, random() % clock_, 1);
    ++clock_;
    const Bytes bytes = update.build();
    ASSERT_TRUE(blocks_.apply(bytes));
    if (!is_joined() || !has_greeted_) return;
    sent_.push_back(clock_);
    ASSERT_TRUE(member_->seat->sync_update(bytes));
  }

  // Reads what has come: says hello when it is in, answers the server's Step1, applies updates, counts
  // acknowledgments.
  void read() {
    if (member_ == nullptr) return;
    if (member_->refusal) return drop();
    if (!is_joined()) return;
    if (!std::exchange(has_greeted_, true)) {
      ASSERT_TRUE(member_->seat->sync_step1(*blocks_.encoded_state_vector()));
    }
    for (const Bytes& body : member_->take()) {
      lib0::Reader in(body);
      const std::uint8_t type = in.read_u8();
      const std::uint8_t sub = in.read_u8();
      if (type == 8) {
        ASSERT_EQ(sub, 1);
        ASSERT_FALSE(sent_.empty()) << "an acknowledgment too many";
        acknowledged_ = std::max(acknowledged_, sent_.front());
        sent_.pop_front();
      } else if (type == 0 && sub == 0) {
        const auto known = crdt::StateVector::decode(in.read_var_bytes());
        sent_.push_back(clock_);
        ASSERT_TRUE(member_->seat->sync_step2(blocks_.encode_difference(*known)));
      } else if (type == 0) {
        ASSERT_TRUE(blocks_.apply(in.read_var_bytes()));
      }
    }
  }

  std::size_t unacknowledged() const { return sent_.size(); }

private:
  const std::uint64_t id_;
  const std::string name_;
  crdt::BlockStore blocks_;
  crdt::Clock clock_ = 0;
  crdt::Clock acknowledged_ = 0;
  std::unique_ptr<FakeMember> member_;
  bool has_greeted_ = false;
  std::deque<crdt::Clock> sent_;  // the clocks up to which each unacknowledged message goes
};

class Schedule {
public:
  explicit Schedule(unsigned seed) : random_(seed) {
    start_server();
    for (std::size_t i = 0; i < client_count; ++i) {
      clients_.push_back(
          std::make_unique<Client>(1000 + i, "d" + std::to_string(random_() % document_count)));
    }
  }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) take_step();
    settle();
  }

private:
  void start_server() {
    registry_ = std::make_unique<Registry>(
        limits_, store_, [this](std::function<void()> task) { posted_.push_back(std::move(task)); });
    registry_->tick(now_);
  }

  void take_step() {
    Client& client = *clients_[random_() % clients_.size()];
    switch (random_() % 16) {
      case 0:
      case 1:
        if (!client.is_connected()) client.connect(*registry_);
        break;
      case 2:
        if (client.is_connected()) client.disconnect(*registry_);
        break;
      case 3: store_.answer_load(random_() % 8 != 0); break;
      case 4: store_.commit(1 + random_() % 4); break;
      case 5: store_.answer_compaction(random_() % 4 != 0); break;
      case 6: run_posted(random_() % 4); break;
      case 7:
      case 8:
        now_ += std::chrono::seconds(1);
        registry_->tick(now_);
        break;
      case 9:
        if (random_() % 12 == 0) crash();
        break;
      case 10:
      case 11: client.read(); break;
      default: client.edit(random_);
    }
  }

  void crash() {
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

  // Everyone comes back, everything is answered, until nothing moves any more; then all agree, and when they
  // leave the rooms go.
  void settle() {
    for (int round = 0; round < 60; ++round) {
      for (const auto& client : clients_) {
        if (!client->is_connected()) client->connect(*registry_);
        client->read();
      }
      while (store_.answer_load() || store_.answer_compaction() || store_.commit() > 0) {
      }
      run_posted(posted_.size());
    }
    check_acknowledged();
    for (const auto& client : clients_) {
      ASSERT_EQ(client->unacknowledged(), 0u);
      for (const auto& other : clients_) {
        if (client->document_name() == other->document_name()) {
          ASSERT_EQ(*client->blocks().encode_state(), *other->blocks().encode_state());
        }
      }
    }
    for (const auto& client : clients_) client->disconnect(*registry_);
    for (int second = 0; second < 10; ++second) {
      now_ += std::chrono::seconds(1);
      registry_->tick(now_);
      while (store_.answer_compaction()) {
      }
      run_posted(posted_.size());
    }
    ASSERT_EQ(registry_->room_count(), 0u);
    ASSERT_EQ(store_.waiting_appends(), 0u);
    check_acknowledged();
  }

  // What any client was told is saved is in the store.
  void check_acknowledged() {
    for (const auto& client : clients_) {
      crdt::BlockStore stored;
      const store::StoredDocument& document = store_.document(client->document_name());
      if (!document.state.empty()) {
        ASSERT_TRUE(stored.apply(document.state));
      }
      for (const store::StoredUpdate& update : document.updates) ASSERT_TRUE(stored.apply(update.bytes));
      const std::uint64_t id = 1000 + static_cast<std::uint64_t>(&client - clients_.data());
      ASSERT_GE(stored.state_vector().get(crdt::ClientId{id}), client->acknowledged())
          << "an acknowledged update is lost";
    }
  }

  std::mt19937 random_;
  Limits limits_{.max_log_rows = 20};
  FakeStore store_;
  std::deque<std::function<void()>> posted_;
  Time now_{};
  std::unique_ptr<Registry> registry_;
  std::vector<std::unique_ptr<Client>> clients_;
};

// SEED=n replays one; SCHEDULES=n runs more.
TEST(Schedule, LosesNothingThatWasAcknowledged) {
  const char* seed = std::getenv("SEED");
  const char* count = std::getenv("SCHEDULES");
  const unsigned first = seed != nullptr ? static_cast<unsigned>(std::stoul(seed)) : 1;
  const unsigned last = seed != nullptr    ? first
                        : count != nullptr ? static_cast<unsigned>(std::stoul(count))
                                           : 300;
  log::set_level(log::Level::off);
  for (unsigned at = first; at <= last && !HasFailure(); ++at) {
    SCOPED_TRACE("SEED=" + std::to_string(at));
    Schedule(at).run(400);
  }
  log::set_level(log::Level::info);
}

}  // namespace
}  // namespace canvas::room
