#include "server/doorkeeper.h"

namespace canvas::server {
namespace {

constexpr std::size_t max_addresses = 100'000;

TokenBucket a_minute(std::size_t count) {
  return {static_cast<double>(count) / 60, static_cast<double>(count)};
}

TokenBucket::Time clock_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

struct Doorkeeper::AddressCount {
  explicit AddressCount(const ClientLimits& limits)
      : attempts(a_minute(limits.max_attempts_per_address)),
        failures(a_minute(limits.max_failures_per_address)) {}

  std::shared_ptr<std::size_t> connections = std::make_shared<std::size_t>(0);
  std::shared_ptr<std::size_t> questions = std::make_shared<std::size_t>(0);  // that are not answered yet
  TokenBucket attempts;
  TokenBucket failures;
};

Result<Doorkeeper::Visitor> Doorkeeper::arrive(std::uint64_t connection, ClientAddress address) {
  if (address.is_local) return Visitor{connection, std::move(address), nullptr, Place()};
  std::shared_ptr<AddressCount> count = count_of(address.group);
  const auto refuse = [&](std::string_view name, std::size_t value, std::string_view what) {
    Error why = limit_reached(name, value, what);
    audit_.limit_hit({.connection = connection, .address = address.text}, name, why.message);
    return why;
  };
  if (!count->attempts.try_take(clock_now())) {
    return refuse(limit::attempts_per_address, limits_.max_attempts_per_address,
                  "attempts to connect a minute from one address");
  }
  if (limits_.max_connections_per_address > 0 && *count->connections >= limits_.max_connections_per_address) {
    return refuse(limit::connections_per_address, limits_.max_connections_per_address,
                  "connections from one address");
  }
  Place place(count->connections);
  return Visitor{connection, std::move(address), std::move(count), std::move(place)};
}

void Doorkeeper::admit(const Visitor& visitor, const auth::Credentials& credentials,
                       const std::string& document, auth::Gatekeeper::Admitted done) {
  const Whom whom{.connection = visitor.connection, .address = visitor.address.text, .document = &document};
  if (visitor.count && !visitor.count->failures.has(clock_now())) {
    Error why = limit_reached(limit::failures_per_address, limits_.max_failures_per_address,
                              "failed credentials a minute from one address");
    audit_.limit_hit(whom, limit::failures_per_address, why.message);
    return done(std::move(why));
  }
  auto question = std::make_shared<Place>();
  if (visitor.count && limits_.max_lookups_per_address > 0) {
    if (*visitor.count->questions >= limits_.max_lookups_per_address) {
      Error why = limit_reached(limit::lookups_per_address, limits_.max_lookups_per_address,
                                "look-ups under way from one address");
      audit_.limit_hit(whom, limit::lookups_per_address, why.message);
      return done(std::move(why));
    }
    *question = Place(visitor.count->questions);
  }
  gatekeeper_.admit(credentials, document,
                    [this, count = visitor.count, question, done = std::move(done)](auth::Admission permit) {
                      *question = Place();
                      if (!permit && permit.error().code == Errc::unavailable) metrics_.gatekeeper_failed();
                      if (!permit && permit.error().code == Errc::unauthenticated && count)
                        count->failures.take(clock_now());
                      done(std::move(permit));
                    });
}

Result<Doorkeeper::Place> Doorkeeper::place_for(const std::string& user_id, const Whom& whom) {
  if (user_id.empty() || limits_.max_connections_per_user == 0) return Place();
  std::shared_ptr<std::size_t>& count = users_[user_id];
  if (!count) count = std::make_shared<std::size_t>(0);
  if (*count < limits_.max_connections_per_user) return Place(count);
  Error why =
      limit_reached(limit::connections_per_user, limits_.max_connections_per_user, "connections a user");
  audit_.limit_hit(whom, limit::connections_per_user, why.message);
  return why;
}

std::shared_ptr<Doorkeeper::AddressCount> Doorkeeper::count_of(const std::string& group) {
  if (const auto known = addresses_.find(group); known != addresses_.end()) return known->second;
  if (addresses_.size() >= max_addresses) {
    if (!others_) others_ = std::make_shared<AddressCount>(limits_);
    return others_;
  }
  return addresses_.emplace(group, std::make_shared<AddressCount>(limits_)).first->second;
}

void Doorkeeper::tick(TokenBucket::Time now) {
  boost::unordered::erase_if(addresses_, [now](const auto& entry) {
    AddressCount& count = *entry.second;
    return *count.connections == 0 && *count.questions == 0 && count.attempts.is_full(now) &&
           count.failures.is_full(now);
  });
  boost::unordered::erase_if(users_, [](const auto& entry) { return *entry.second == 0; });
}

}  // namespace canvas::server
