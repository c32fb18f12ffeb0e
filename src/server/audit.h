// What whoever answers for the data must know of: who came in, who did not, and who tried what.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/gatekeeper.h"
#include "protocol/message.h"
#include "server/metrics.h"
#include "base/token_bucket.h"

namespace canvas::server {

// Whom an event is about, as far as that is known. The views must live until the call returns.
struct Whom {
  std::uint64_t connection = 0;  // 0: none yet
  std::string_view address;
  std::optional<protocol::Dialect> dialect{};
  const std::string* document = nullptr;
  const auth::Identity* identity = nullptr;
};

// "unauthenticated", "forbidden", "unavailable", "limit" or "other".
std::string_view reason_of(Errc code);

// Writes the security lines of the log (log::security) and counts them. Never a credential. What somebody
// outside can cause at will (refusals, limits, malformed input) is sampled: past a burst so many lines a
// second, and how many were left out. On the shard's thread.
class Audit {
public:
  explicit Audit(Metrics& metrics);

  void accepted(const Whom& whom, auth::Access access);
  void refused(Whom whom, const auth::Denial& why);
  void revoked(const Whom& whom, const Error& why);
  void changed(const Whom& whom, auth::Access access);
  // `name` is one of those in limits.h.
  void limit_hit(const Whom& whom, std::string_view name, std::string_view why);
  void malformed(const Whom& whom, std::string_view why);

  // To be called about once a second: says what was left out.
  void tick(TokenBucket::Time now);

private:
  enum Kind : std::size_t { refusals, limits, malformed_input, kind_count };
  struct Sample {
    TokenBucket bucket;
    std::uint64_t suppressed = 0;
  };

  void write_sampled(Kind kind, const Whom& whom, std::string_view reason_key, std::string_view reason,
                     std::string_view text);

  Metrics& metrics_;
  std::array<Sample, kind_count> samples_;
};

}  // namespace canvas::server
