// What whoever answers for the data must know of: who came in, who did not, and who tried what.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/gatekeeper.h"
#include "protocol/message.h"
#include "server/metrics.h"

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

// Writes the security lines of the log (log::security, which samples them) and counts them. Never a
// credential. What was granted and taken away is left out only in a flood; refusals, limits and malformed
// input, which anybody can cause at will, much earlier. On the shard's thread.
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

private:
  Metrics& metrics_;
};

}  // namespace canvas::server
