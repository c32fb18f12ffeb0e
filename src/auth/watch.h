// Everybody who is in, by what they live by.
#pragma once

#include <boost/unordered/unordered_map.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "auth/directory.h"
#include "auth/gatekeeper.h"
#include "auth/lookup.h"
#include "base/seeded_hash.h"

namespace canvas::auth {

class WatchedPermit;

// Looks at permits again: those that have run out, all of them now and then, and those that a change
// concerns. Lives on the shard's thread.
class Watch : public std::enable_shared_from_this<Watch> {
public:
  using Reviewed = std::function<void(std::vector<Result<Finding>>)>;
  // Starts a look-up; the callback comes in a later turn, or never when the server goes.
  using Look = std::function<void(std::vector<Review>, Urgency, Reviewed)>;

  Watch(std::chrono::seconds interval, WallClock clock, Look look);

  // `changes_before` is changes() of the moment in which `finding` was asked for.
  std::shared_ptr<Permit> add(const Finding& finding, std::string document, std::string share_hash,
                              std::uint64_t changes_before);
  // How many times a change was told of. What was read before one may be out of date.
  std::uint64_t changes() const { return changes_; }
  void changed(const std::vector<AccessChange>& changes);
  void tick();

private:
  friend class WatchedPermit;
  using Permits = std::unordered_set<WatchedPermit*>;
  using Index = boost::unordered_map<std::string, Permits, SeededHash, std::equal_to<>>;

  void remove(WatchedPermit& permit);
  void look_again(const std::vector<WatchedPermit*>& permits, Urgency urgency);
  void look_at_all(Urgency urgency);
  void end_overdue(WallTime now);
  void reviewed(const std::vector<std::weak_ptr<WatchedPermit>>& permits,
                const std::vector<Result<Finding>>& findings);
  void apply(WatchedPermit& permit, const Result<Finding>& finding);

  const std::chrono::seconds interval_;
  const WallClock clock_;
  const Look look_;
  Permits all_;
  Index by_session_;
  Index by_user_;
  Index by_document_;
  std::set<std::pair<WallTime, WatchedPermit*>> by_end_;
  WallTime last_review_;
  std::uint64_t changes_ = 0;
};

}  // namespace canvas::auth
