#include "auth/watch.h"

#include <algorithm>

namespace canvas::auth {

namespace {

// One statement's worth.
constexpr std::size_t max_reviews = 500;

// How long a look-up of somebody whose session has ended may take.
constexpr std::chrono::seconds overdue{10};

}  // namespace

class WatchedPermit final : public Permit, public std::enable_shared_from_this<WatchedPermit> {
public:
  WatchedPermit(std::weak_ptr<Watch> watch, const Finding& finding, std::string document,
                std::string share_hash)
      : identity_(finding.identity),
        subject_(finding.subject),
        document_(std::move(document)),
        share_hash_(std::move(share_hash)),
        expires_at_(finding.expires_at),
        access_(finding.actions.edit ? Access::edit : Access::view),
        watch_(std::move(watch)) {}

  ~WatchedPermit() override {
    if (const auto watch = watch_.lock(); watch && !is_over_) watch->remove(*this);
  }

  const Identity& identity() const override { return identity_; }
  Access access() const override { return access_; }
  void on_change(std::function<void(const Result<Access>&)> changed) override {
    changed_ = std::move(changed);
  }

private:
  friend class Watch;

  void tell(const Result<Access>& change) {
    // The holder may let the permit go in the call.
    const auto kept = shared_from_this();
    const auto changed = changed_;
    if (changed) changed(change);
  }

  const Identity identity_;
  const Subject subject_;
  const std::string document_;
  const std::string share_hash_;
  WallTime expires_at_;
  Access access_;
  bool is_looked_at_ = false;
  bool is_out_of_date_ = false;  // what is being looked up may be
  bool is_over_ = false;
  const std::weak_ptr<Watch> watch_;
  std::function<void(const Result<Access>&)> changed_;
};

Watch::Watch(std::chrono::seconds interval, WallClock clock, Look look)
    : interval_(interval), clock_(std::move(clock)), look_(std::move(look)), last_review_(clock_()) {}

std::shared_ptr<Permit> Watch::add(const Finding& finding, std::string document, std::string share_hash,
                                   std::uint64_t changes_before) {
  auto permit =
      std::make_shared<WatchedPermit>(weak_from_this(), finding, std::move(document), std::move(share_hash));
  all_.insert(permit.get());
  by_session_[permit->identity_.session_id].insert(permit.get());
  by_user_[permit->identity_.user_id].insert(permit.get());
  by_document_[permit->document_].insert(permit.get());
  by_end_.emplace(permit->expires_at_, permit.get());
  if (changes_ != changes_before) look_again({permit.get()}, Urgency::now);
  return permit;
}

void Watch::remove(WatchedPermit& permit) {
  const auto forget = [&permit](Index& index, const std::string& key) {
    const auto found = index.find(key);
    found->second.erase(&permit);
    if (found->second.empty()) index.erase(found);
  };
  all_.erase(&permit);
  forget(by_session_, permit.identity_.session_id);
  forget(by_user_, permit.identity_.user_id);
  forget(by_document_, permit.document_);
  by_end_.erase({permit.expires_at_, &permit});
}

void Watch::changed(const std::vector<AccessChange>& changes) {
  ++changes_;
  const auto everything = [](const AccessChange& change) {
    return change.kind == AccessChange::Kind::everything;
  };
  if (std::ranges::any_of(changes, everything)) return look_at_all(Urgency::now);
  Permits concerned;
  for (const AccessChange& change : changes) {
    const Index& index = change.kind == AccessChange::Kind::session ? by_session_
                         : change.kind == AccessChange::Kind::user  ? by_user_
                                                                    : by_document_;
    if (const auto found = index.find(change.id); found != index.end())
      concerned.insert(found->second.begin(), found->second.end());
  }
  look_again({concerned.begin(), concerned.end()}, Urgency::now);
}

void Watch::tick() {
  const WallTime now = clock_();
  std::vector<WatchedPermit*> ended;
  for (const auto& [end, permit] : by_end_) {
    if (end > now) break;
    if (!permit->is_looked_at_) ended.push_back(permit);
  }
  look_again(ended, Urgency::now);
  end_overdue(now);
  // A clock that was set back must not put it off.
  if (now >= last_review_ && now - last_review_ < interval_) return;
  look_at_all(Urgency::in_turn);
}

void Watch::look_at_all(Urgency urgency) {
  last_review_ = clock_();
  look_again({all_.begin(), all_.end()}, urgency);
}

// A database that does not answer must not prolong a session.
void Watch::end_overdue(WallTime now) {
  std::vector<std::shared_ptr<WatchedPermit>> permits;
  for (const auto& [end, permit] : by_end_) {
    if (end + overdue > now) break;
    if (permit->is_looked_at_) permits.push_back(permit->shared_from_this());
  }
  const Error why{Errc::unavailable, "the session has ended as far as can be found out: try again"};
  for (const auto& permit : permits) {
    if (!permit->is_over_) apply(*permit, why);
  }
}

void Watch::look_again(const std::vector<WatchedPermit*>& permits, Urgency urgency) {
  std::vector<std::weak_ptr<WatchedPermit>> asked;
  std::vector<Review> reviews;
  const auto send = [&] {
    if (reviews.empty()) return;
    look_(std::exchange(reviews, {}), urgency,
          [watch = weak_from_this(),
           asked = std::exchange(asked, {})](const std::vector<Result<Finding>>& findings) {
            if (const auto self = watch.lock()) self->reviewed(asked, findings);
          });
  };
  for (WatchedPermit* permit : permits) {
    if (permit->is_looked_at_) {
      permit->is_out_of_date_ = true;
      continue;
    }
    permit->is_looked_at_ = true;
    asked.push_back(permit->weak_from_this());
    reviews.push_back({permit->subject_, permit->expires_at_, permit->document_, permit->share_hash_});
    if (reviews.size() == max_reviews) send();
  }
  send();
}

void Watch::reviewed(const std::vector<std::weak_ptr<WatchedPermit>>& permits,
                     const std::vector<Result<Finding>>& findings) {
  std::vector<WatchedPermit*> again;
  std::vector<std::shared_ptr<WatchedPermit>> kept;
  for (std::size_t i = 0; i < permits.size(); ++i) {
    const auto permit = permits[i].lock();
    if (!permit) continue;
    permit->is_looked_at_ = false;
    if (permit->is_over_) continue;
    apply(*permit, findings[i]);
    if (std::exchange(permit->is_out_of_date_, false) && !permit->is_over_) {
      again.push_back(permit.get());
      kept.push_back(permit);
    }
  }
  look_again(again, Urgency::now);
}

// What cannot be found out leaves everything as it is, until the session's end as it was known.
void Watch::apply(WatchedPermit& permit, const Result<Finding>& finding) {
  Result<Access> now = permit.access_;
  if (!finding) {
    const bool is_unknown = finding.error().code == Errc::unavailable;
    if (is_unknown && clock_() < permit.expires_at_) return;
    now = finding.error();
  } else if (!finding->actions.view) {
    now = Error{Errc::forbidden, "this document may not be seen any more"};
  } else {
    now = finding->actions.edit ? Access::edit : Access::view;
    by_end_.erase({permit.expires_at_, &permit});
    permit.expires_at_ = finding->expires_at;
    by_end_.emplace(permit.expires_at_, &permit);
  }
  if (!now) {
    permit.is_over_ = true;
    remove(permit);
  } else if (*now == permit.access_) {
    return;
  } else {
    permit.access_ = *now;
  }
  permit.tell(now);
}

}  // namespace canvas::auth
