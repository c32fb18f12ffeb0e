#include "auth/better_auth.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

namespace canvas::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string token_of_ann = "AnnAnnAnnAnnAnnAnnAnnAnnAnnAnn12";
const std::string token_of_bob = "BobBobBobBobBobBobBobBobBobBob12";
constexpr WallTime start{hours(24 * 20000)};

// What stands in the tables; the test changes it while the threads of the gatekeeper read it.
struct World {
  std::mutex mutex;
  std::map<std::string, Session> sessions;  // by token
  std::map<std::string, std::string> one_time_tokens;
  std::map<std::string, User> users;
  bool is_away = false;
  int statements = 0;
  std::deque<std::vector<AccessChange>> changes;
  std::condition_variable changed;
};

class WorldDirectory final : public Directory {
public:
  explicit WorldDirectory(World& world) : world_(world) {}

  Result<std::vector<std::optional<Session>>> find_sessions(std::span<const std::string> tokens) override {
    return look(tokens, [&](const std::string& token) -> std::optional<Session> {
      const auto found = world_.sessions.find(token);
      return found == world_.sessions.end() ? std::nullopt : std::optional(found->second);
    });
  }
  Result<std::vector<std::optional<Session>>> find_sessions_by_id(std::span<const std::string> ids) override {
    return look(ids, [&](const std::string& id) -> std::optional<Session> {
      for (const auto& [token, session] : world_.sessions) {
        if (session.id == id) return session;
      }
      return std::nullopt;
    });
  }
  Result<std::vector<std::optional<User>>> find_users(std::span<const std::string> ids) override {
    return look(ids, [&](const std::string& id) -> std::optional<User> {
      const auto found = world_.users.find(id);
      return found == world_.users.end() ? std::nullopt : std::optional(found->second);
    });
  }
  Result<std::optional<std::string>> consume_one_time_token(const std::string& token) override {
    const std::lock_guard lock(world_.mutex);
    if (world_.is_away) return away();
    const auto found = world_.one_time_tokens.find(token);
    if (found == world_.one_time_tokens.end()) return std::optional<std::string>();
    std::optional<std::string> session(found->second);
    world_.one_time_tokens.erase(found);
    return session;
  }
  Result<std::vector<StoredKey>> read_keys() override { return std::vector<StoredKey>(); }
  Result<std::vector<DiagramFacts>> find_diagram_facts(std::span<const Question> questions) override {
    return std::vector<DiagramFacts>(questions.size());
  }
  Result<std::vector<Actions>> run_query(const std::string&, std::span<const Question> questions) override {
    return std::vector<Actions>(questions.size());
  }
  void interrupt() override {}

private:
  static Error away() { return {Errc::unavailable, "the database is away"}; }

  template <class Find>
  auto look(std::span<const std::string> keys, Find find)
      -> Result<std::vector<decltype(find(std::string()))>> {
    const std::lock_guard lock(world_.mutex);
    ++world_.statements;
    if (world_.is_away) return away();
    std::vector<decltype(find(std::string()))> found;
    for (const std::string& key : keys) found.push_back(find(key));
    return found;
  }

  World& world_;
};

class WorldFeed final : public ChangeFeed {
public:
  explicit WorldFeed(World& world) : world_(world) {}

  Result<std::vector<AccessChange>> wait() override {
    std::unique_lock lock(world_.mutex);
    world_.changed.wait(lock, [this] { return is_over_ || !world_.changes.empty(); });
    if (is_over_) return std::vector<AccessChange>();
    std::vector<AccessChange> next = std::move(world_.changes.front());
    world_.changes.pop_front();
    return next;
  }
  void interrupt() override {
    const std::lock_guard lock(world_.mutex);
    is_over_ = true;
    world_.changed.notify_all();
  }

private:
  World& world_;
  bool is_over_ = false;
};

class WorldOpener final : public DirectoryOpener {
public:
  explicit WorldOpener(World& world) : world_(world) {}
  const DirectoryLayout& layout() const override { return layout_; }
  std::unique_ptr<Directory> open() const override { return std::make_unique<WorldDirectory>(world_); }
  std::unique_ptr<ChangeFeed> open_feed() const override { return std::make_unique<WorldFeed>(world_); }

private:
  World& world_;
  DirectoryLayout layout_;
};

// The test's thread is the shard: it runs what the gatekeeper posts.
class BetterAuth : public ::testing::Test {
protected:
  BetterAuth() {
    const User ann{"ann", "editor", false, {}};
    const User bob{"bob", "viewer", false, {}};
    world_.sessions[token_of_ann] = {"s1", start + hours(1), ann, ""};
    world_.sessions[token_of_bob] = {"s2", start + hours(1), bob, "ann"};
    BetterAuthOptions options;
    options.claims.secrets = {"0123456789abcdef0123456789abcdef-test-secret"};
    options.permissions.roles = RoleMap::parse(app_roles).value();
    options.permissions.default_role = "nobody";
    gatekeeper_ = make_better_auth_gatekeeper(std::move(options), WorldOpener(world_), [this] {
      const std::lock_guard lock(world_.mutex);
      return now_;
    });
    gatekeeper_->open([this](std::function<void()> task) {
      const std::lock_guard lock(tasks_mutex_);
      tasks_.push_back(std::move(task));
      posted_.notify_all();
    });
  }

  // Runs what is posted until `done` says true; false after ten seconds.
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (!done()) {
      std::unique_lock lock(tasks_mutex_);
      if (!posted_.wait_until(lock, deadline, [this] { return !tasks_.empty(); })) return false;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }

  Admission admit(const Credentials& credentials) {
    std::optional<Admission> answer;
    gatekeeper_->admit(credentials, "plan", [&](Admission result) { answer = std::move(result); });
    EXPECT_TRUE(run_until([&] { return answer.has_value(); }));
    return *answer;
  }

  Admission admit(const std::string& token) {
    Credentials credentials;
    credentials.token = token;
    return admit(credentials);
  }

  // Lets `change` happen to the tables.
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(world_.mutex);
    change(world_);
  }

  void tell(AccessChange::Kind kind, const std::string& id) {
    const std::lock_guard lock(world_.mutex);
    world_.changes.push_back({{kind, id}});
    world_.changed.notify_all();
  }

  void pass(seconds time) {
    change([&](World&) { now_ += time; });
    gatekeeper_->tick();
  }

  World world_;
  WallTime now_ = start;
  std::mutex tasks_mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  std::unique_ptr<Gatekeeper> gatekeeper_;
};

// What a permit's holder was told.
struct Told {
  explicit Told(Permit& permit) {
    permit.on_change([this](const Result<Access>& change) { changes.push_back(change); });
  }
  std::vector<Result<Access>> changes;
  bool is_over() const { return !changes.empty() && !changes.back(); }
};

TEST_F(BetterAuth, WhoHasASessionComesInWithWhatTheRoleAllows) {
  const auto ann = admit(token_of_ann);
  ASSERT_TRUE(ann);
  EXPECT_EQ((*ann)->identity().user_id, "ann");
  EXPECT_EQ((*ann)->identity().session_id, "s1");
  EXPECT_EQ((*ann)->access(), Access::edit);
  const auto bob = admit(token_of_bob);
  ASSERT_TRUE(bob);
  EXPECT_EQ((*bob)->access(), Access::view);
  EXPECT_EQ((*bob)->identity().impersonated_by, "ann");
}

TEST_F(BetterAuth, NobodyComesInWithoutAValidCredential) {
  for (const char* token : {"", "cookie", "NobodyNobodyNobodyNobodyNobody12", "x"}) {
    const auto answer = admit(std::string(token));
    ASSERT_FALSE(answer) << token;
    EXPECT_EQ(answer.error().code, Errc::unauthenticated) << token;
  }
}

TEST_F(BetterAuth, ExpiredAndBannedAreRefused) {
  change([](World& world) { world.sessions[token_of_ann].expires_at = start; });
  EXPECT_EQ(admit(token_of_ann).error().message, "the session has expired");
  change([](World& world) { world.sessions[token_of_bob].user.is_banned = true; });
  EXPECT_EQ(admit(token_of_bob).error().message, "the user is banned");
  change([](World& world) { world.sessions[token_of_bob].user.ban_expires = start; });
  EXPECT_TRUE(admit(token_of_bob));
}

TEST_F(BetterAuth, AnUnknownRoleSeesNothing) {
  change([](World& world) { world.sessions[token_of_ann].user.role = "visitor"; });
  EXPECT_EQ(admit(token_of_ann).error().code, Errc::forbidden);
}

TEST_F(BetterAuth, ACookieNeedsAnOriginThatIsAllowed) {
  Credentials credentials;
  credentials.cookie =
      "better-auth.session_token="
      "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIye.zHFJUGUG7LMGPYUPFLd%2FZjxyhSQV%2BAzlTo1B6ow6%2BcQ%3D";
  credentials.origin = "https://draw.example.com";
  EXPECT_EQ(admit(credentials).error().code, Errc::forbidden);
}

TEST_F(BetterAuth, AOneTimeTokenIsGoodOnce) {
  const std::string token = "OneOneOneOneOneOneOneOneOneOne12";
  change([&](World& world) { world.one_time_tokens[token] = token_of_ann; });
  EXPECT_TRUE(admit(token));
  EXPECT_EQ(admit(token).error().code, Errc::unauthenticated);
}

TEST_F(BetterAuth, WhileTheDatabaseIsAwayNobodyNewComesInAndNobodyGoes) {
  const auto ann = admit(token_of_ann);
  ASSERT_TRUE(ann);
  Told told(**ann);
  change([](World& world) { world.is_away = true; });
  EXPECT_EQ(admit(token_of_bob).error().code, Errc::unavailable);
  pass(minutes(10));
  const auto before = world_.statements;
  tell(AccessChange::Kind::session, "s1");
  ASSERT_TRUE(run_until([&] {
    const std::lock_guard lock(world_.mutex);
    return world_.statements > before;
  }));
  EXPECT_EQ(admit(token_of_bob).error().code, Errc::unavailable);
  EXPECT_TRUE(told.changes.empty());
  pass(minutes(51));
  ASSERT_TRUE(run_until([&] { return told.is_over(); }));
  EXPECT_EQ(told.changes.back().error().code, Errc::unavailable);
}

TEST_F(BetterAuth, ASessionThatSlidGoesOnAndOneThatDidNotEnds) {
  const auto ann = admit(token_of_ann);
  const auto bob = admit(token_of_bob);
  ASSERT_TRUE(ann && bob);
  Told ann_told(**ann);
  Told bob_told(**bob);
  change([](World& world) { world.sessions[token_of_ann].expires_at += hours(24); });
  pass(hours(1));
  ASSERT_TRUE(run_until([&] { return bob_told.is_over(); }));
  EXPECT_EQ(bob_told.changes.back().error().code, Errc::unauthenticated);
  EXPECT_TRUE(ann_told.changes.empty());
  pass(hours(24));
  ASSERT_TRUE(run_until([&] { return ann_told.is_over(); }));
}

TEST_F(BetterAuth, TheIntervalFindsWhatNobodyTold) {
  const auto ann = admit(token_of_ann);
  ASSERT_TRUE(ann);
  Told told(**ann);
  change([](World& world) { world.sessions[token_of_ann].user.role = "viewer"; });
  pass(seconds(14));
  EXPECT_TRUE(told.changes.empty());
  pass(seconds(1));
  ASSERT_TRUE(run_until([&] { return told.changes.size() == 1; }));
  EXPECT_EQ(told.changes[0].value(), Access::view);
  EXPECT_EQ((*ann)->access(), Access::view);
  change([](World& world) { world.sessions.erase(token_of_ann); });
  pass(seconds(15));
  ASSERT_TRUE(run_until([&] { return told.is_over(); }));
  EXPECT_EQ(told.changes[1].error().code, Errc::unauthenticated);
}

TEST_F(BetterAuth, AChangeThatIsToldIsSeenAtOnce) {
  const auto ann = admit(token_of_ann);
  const auto bob = admit(token_of_bob);
  ASSERT_TRUE(ann && bob);
  Told ann_told(**ann);
  Told bob_told(**bob);
  change([](World& world) { world.sessions[token_of_ann].user.role = "nothing"; });
  tell(AccessChange::Kind::user, "ann");
  ASSERT_TRUE(run_until([&] { return ann_told.is_over(); }));
  EXPECT_EQ(ann_told.changes.back().error().code, Errc::forbidden);
  change([](World& world) { world.sessions[token_of_bob].user.role = "editor"; });
  tell(AccessChange::Kind::document, "plan");
  ASSERT_TRUE(run_until([&] { return !bob_told.changes.empty(); }));
  EXPECT_EQ(bob_told.changes.back().value(), Access::edit);
  change([](World& world) { world.sessions.erase(token_of_bob); });
  tell(AccessChange::Kind::everything, "");
  ASSERT_TRUE(run_until([&] { return bob_told.is_over(); }));
}

TEST_F(BetterAuth, WhatChangesWhileSomebodyIsLookedUpIsLookedAtAgain) {
  std::optional<Admission> answer;
  Credentials credentials;
  credentials.token = token_of_ann;
  gatekeeper_->admit(credentials, "plan", [&](Admission result) { answer = std::move(result); });
  // The look-up is done, but its answer has not been taken; then the session goes.
  ASSERT_TRUE([&] {
    std::unique_lock lock(tasks_mutex_);
    return posted_.wait_for(lock, seconds(10), [&] { return !tasks_.empty(); });
  }());
  change([](World& world) { world.sessions.clear(); });
  tell(AccessChange::Kind::session, "s1");
  ASSERT_TRUE([&] {
    std::unique_lock lock(tasks_mutex_);
    return posted_.wait_for(lock, seconds(10), [&] { return tasks_.size() == 2; });
  }());
  {
    const std::lock_guard lock(tasks_mutex_);
    std::swap(tasks_[0], tasks_[1]);
  }
  ASSERT_TRUE(run_until([&] { return answer.has_value(); }));
  ASSERT_TRUE(*answer);
  Told told(***answer);
  ASSERT_TRUE(run_until([&] { return told.is_over(); }));
}

TEST_F(BetterAuth, APermitMayOutliveTheGatekeeper) {
  auto ann = admit(token_of_ann);
  ASSERT_TRUE(ann);
  gatekeeper_.reset();
  EXPECT_EQ((*ann)->identity().user_id, "ann");
  ann->reset();
}

TEST_F(BetterAuth, AHolderMayLetThePermitGoWhenItIsTold) {
  auto ann = admit(token_of_ann);
  ASSERT_TRUE(ann);
  bool told = false;
  (*ann)->on_change([&](const Result<Access>&) {
    told = true;
    ann->reset();
  });
  change([](World& world) { world.sessions.clear(); });
  tell(AccessChange::Kind::session, "s1");
  ASSERT_TRUE(run_until([&] { return told; }));
  pass(seconds(20));
}

}  // namespace
}  // namespace canvas::auth
