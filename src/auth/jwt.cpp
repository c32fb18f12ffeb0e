#include "auth/jwt.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "auth/credentials.h"
#include "auth/jwk_internal.h"
#include "auth/signature.h"
#include "auth/text_internal.h"

namespace canvas::auth {
namespace {

using boost::json::object;

// A clock of nanoseconds in 64 bits ends in 2262; whatever is later is then.
constexpr std::int64_t last_second = 9'200'000'000;

Error refuse_jwt(std::string_view why) {
  return {Errc::unauthenticated, std::string(why)};
}

// The parts of HEADER.PAYLOAD.SIGNATURE, in base64url without padding.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view is_signed;  // HEADER.PAYLOAD
};

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

std::optional<Parts> split(std::string_view token) {
  if (token.size() > max_credential_bytes || std::count(token.begin(), token.end(), '.') != 2) {
    return std::nullopt;
  }
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  const Parts parts{.header = token.substr(0, first),
                    .payload = token.substr(first + 1, second - first - 1),
                    .signature = token.substr(second + 1),
                    .is_signed = token.substr(0, second)};
  for (const std::string_view part : {parts.header, parts.payload, parts.signature}) {
    if (part.empty() || !is_base64url(part)) return std::nullopt;
  }
  return parts;
}

std::optional<object> decode_object(std::string_view part) {
  const std::optional<Bytes> bytes = decode_base64url(part);
  return bytes ? parse_json_object(as_text(*bytes)) : std::nullopt;
}

// Seconds since 1970, with or without a fraction.
std::optional<WallTime> find_time(const object& claims, std::string_view name) {
  const boost::json::value* const value = claims.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  const double seconds = value->to_number<double>();
  if (!(seconds >= 0)) return std::nullopt;
  return WallTime(
      std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, static_cast<double>(last_second)))));
}

bool is_or_holds(const boost::json::value* value, std::string_view wanted) {
  if (!value) return false;
  if (value->is_string()) return value->get_string() == wanted;
  if (!value->is_array()) return false;
  const boost::json::array& all = value->get_array();
  return std::any_of(all.begin(), all.end(), [wanted](const boost::json::value& one) {
    return one.is_string() && one.get_string() == wanted;
  });
}

// A control character would end the id early on its way to the database.
bool is_user_id(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
}

}  // namespace

struct KeySet::Key {
  std::string id;
  PublicKey key;
  std::optional<WallTime> expires_at;
};

KeySet::KeySet(std::span<const StoredKey> keys) {
  for (const StoredKey& stored : keys) {
    std::optional<PublicKey> key = read_jwk(stored.public_key);
    if (key) {
      keys_.push_back({stored.id, std::move(*key), stored.expires_at});
    } else {
      ++unusable_;
    }
  }
}

KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;
KeySet::~KeySet() = default;

std::size_t KeySet::size() const {
  return keys_.size();
}

std::size_t KeySet::unusable() const {
  return unusable_;
}

// One check of one token. Nothing of its payload is read before its signature was right.
class JwtVerifier {
public:
  JwtVerifier(const KeySet& keys, const JwtRules& rules, WallTime now)
      : keys_(keys), rules_(rules), now_(now) {}

  Result<JwtClaims> verify(std::string_view token) const {
    if (rules_.base_url.empty()) return refuse_jwt("JWTs are not taken here");
    const std::optional<Parts> parts = split(token);
    const std::optional<object> header = parts ? decode_object(parts->header) : std::nullopt;
    if (!header) return refuse_jwt("the JWT is malformed");
    if (auto checked = check_header(*header); !checked) return checked.error();
    if (auto checked = check_signature(*header, *parts); !checked) return checked.error();
    const std::optional<object> claims = decode_object(parts->payload);
    if (!claims) return refuse_jwt("the JWT is malformed");
    return read_claims(*claims);
  }

private:
  static Result<void> check_header(const object& header) {
    if (header.contains("crit")) return refuse_jwt("the JWT asks for extensions");
    // Better Auth signs other things than its tokens, such as better-auth.session-cache+jwt.
    if (header.contains("typ") && to_lower(find_string(header, "typ").value_or("")) != "jwt") {
      return refuse_jwt("the JWT is for something else");
    }
    if (!is_known_algorithm(find_string(header, "alg").value_or(""))) {
      return refuse_jwt("the JWT's algorithm is not taken");
    }
    if (!find_string(header, "kid")) return refuse_jwt("the JWT names no key");
    return {};
  }

  Result<void> check_signature(const object& header, const Parts& parts) const {
    const KeySet::Key* const key = find_key(*find_string(header, "kid"));
    if (!key) return Error{Errc::not_found, "the JWT's key is not known"};
    const std::string_view algorithm = *find_string(header, "alg");
    if (!key->key.is_for(algorithm)) return refuse_jwt("the JWT's algorithm is not its key's");
    if (key->expires_at && now_ - rules_.key_grace >= *key->expires_at) {
      return refuse_jwt("the JWT's key has expired");
    }
    const std::optional<Bytes> signature = decode_base64url(parts.signature);
    if (!signature || !verify_signature(key->key, algorithm, parts.is_signed, *signature)) {
      return refuse_jwt("the JWT's signature is wrong");
    }
    return {};
  }

  const KeySet::Key* find_key(std::string_view id) const {
    const auto found = std::find_if(keys_.keys_.begin(), keys_.keys_.end(),
                                    [id](const KeySet::Key& key) { return key.id == id; });
    return found == keys_.keys_.end() ? nullptr : &*found;
  }

  Result<JwtClaims> read_claims(const object& claims) const {
    const std::string_view user = find_string(claims, "sub").value_or("");
    if (!is_user_id(user)) return refuse_jwt("the JWT names no user");
    if (find_string(claims, "iss") != rules_.base_url) return refuse_jwt("the JWT is of another issuer");
    if (!is_or_holds(claims.if_contains("aud"), rules_.base_url)) {
      return refuse_jwt("the JWT is for another audience");
    }
    const std::optional<WallTime> expires_at = find_time(claims, "exp");
    if (!expires_at) return refuse_jwt("the JWT has no expiry");
    if (now_ - rules_.leeway >= *expires_at) return refuse_jwt("the JWT has expired");
    if (!has_begun(claims, "nbf") || !has_begun(claims, "iat")) return refuse_jwt("the JWT is not yet valid");
    return JwtClaims{.user_id = std::string(user), .expires_at = *expires_at};
  }

  // Or there is no such claim.
  bool has_begun(const object& claims, std::string_view name) const {
    if (!claims.contains(name)) return true;
    const std::optional<WallTime> begin = find_time(claims, name);
    return begin && *begin <= now_ + rules_.leeway;
  }

  const KeySet& keys_;
  const JwtRules& rules_;
  const WallTime now_;
};

Result<JwtClaims> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules,
                             WallTime now) {
  return JwtVerifier(keys, rules, now).verify(token);
}

bool looks_like_jwt(std::string_view text) {
  const std::optional<Parts> parts = split(text);
  const std::optional<object> header = parts ? decode_object(parts->header) : std::nullopt;
  return header && header->contains("alg");
}

}  // namespace canvas::auth
