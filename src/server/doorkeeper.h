// Who comes how often, and from where: what is counted before and beside the gatekeeper's question.
#pragma once

#include <memory>
#include <string>

#include <boost/unordered/unordered_map.hpp>

#include "auth/gatekeeper.h"
#include "base/seeded_hash.h"
#include "base/token_bucket.h"
#include "server/audit.h"
#include "server/client_address.h"
#include "server/limits.h"

namespace canvas::server {

// Counts connections, attempts and failed credentials by address, and connections by user. An address is
// forgotten once there is nothing to remember of it, and their number is bounded: past that those who are new
// share one count. On the shard's thread.
class Doorkeeper {
public:
  struct AddressCount;

  // A place among those that are counted: given back when it goes.
  class Place {
  public:
    Place() = default;
    explicit Place(std::shared_ptr<std::size_t> count) : count_(std::move(count)) { ++*count_; }
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept {
      std::swap(count_, other.count_);
      return *this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (count_) --*count_;
    }

  private:
    std::shared_ptr<std::size_t> count_;
  };

  // Somebody who comes from an address, until the connection ends.
  struct Visitor {
    std::uint64_t connection = 0;  // its number in the log
    ClientAddress address;
    std::shared_ptr<AddressCount> count;  // null: of who is on this machine nothing is counted
    Place place;
  };

  Doorkeeper(const ClientLimits& limits, auth::Gatekeeper& gatekeeper, Audit& audit, Metrics& metrics)
      : limits_(limits), gatekeeper_(gatekeeper), audit_(audit), metrics_(metrics) {}

  // A connection is attempted; `connection` is its number in the log. Fails with Errc::too_large at a limit.
  Result<Visitor> arrive(std::uint64_t connection, ClientAddress address);

  // Asks the gatekeeper, unless too many credentials from there were none: then fails with Errc::too_large.
  void admit(const Visitor& visitor, const auth::Credentials& credentials, const std::string& document,
             auth::Gatekeeper::Admitted done);

  // One more connection of a user. Fails with Errc::too_large at the limit. Guests are not counted.
  Result<Place> place_for(const std::string& user_id, const Whom& whom);

  // To be called about once a second: forgets who has nothing to remember.
  void tick(TokenBucket::Time now);

private:
  std::shared_ptr<AddressCount> count_of(const std::string& group);

  const ClientLimits& limits_;
  auth::Gatekeeper& gatekeeper_;
  Audit& audit_;
  Metrics& metrics_;
  boost::unordered_map<std::string, std::shared_ptr<AddressCount>, SeededHash, std::equal_to<>> addresses_;
  std::shared_ptr<AddressCount> others_;  // those for whom there is no room in the table
  boost::unordered_map<std::string, std::shared_ptr<std::size_t>, SeededHash, std::equal_to<>> users_;
};

}  // namespace canvas::server
