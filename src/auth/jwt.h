// The JSON web tokens of Better Auth's jwt plugin.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/session.h"
#include "base/result.h"

namespace canvas::auth {

// A row of the table jwks.
struct StoredKey {
  std::string id;          // the kid
  std::string public_key;  // a JWK, as JSON text
  std::optional<WallTime> expires_at;
};

// The keys that tokens are signed with. A value.
class KeySet {
public:
  // Keys that cannot be read, or are of a kind that is not taken, are left out and counted.
  explicit KeySet(std::span<const StoredKey> keys = {});
  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;
  ~KeySet();

  std::size_t size() const;
  std::size_t unusable() const;

private:
  friend class JwtVerifier;
  struct Key;
  std::vector<Key> keys_;
  std::size_t unusable_ = 0;
};

struct JwtRules {
  // The origin of BETTER_AUTH_URL: issuer and audience have to be it. Empty: no token is taken.
  std::string base_url;
  std::chrono::seconds leeway{5};
  // How long after its end a key's tokens are taken.
  std::chrono::hours key_grace{30 * 24};
};

struct JwtClaims {
  std::string user_id;  // sub
  WallTime expires_at;  // exp
};

// Checks a token: EdDSA (Ed25519), ES256, RS256 or PS256, and only the algorithm of the key that its kid
// names. Fails with Errc::not_found when there is no such key (it may have been made since the keys were
// read), else with Errc::unauthenticated, in words for the client.
Result<JwtClaims> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules, WallTime now);

// Whether it has the form of one: three parts of base64url, the first a JSON object with "alg". Cheap.
bool looks_like_jwt(std::string_view text);

}  // namespace canvas::auth
