// Public keys as Better Auth stores them: JSON web keys (RFC 7517, 7518, 8037).
#pragma once

#include <openssl/evp.h>

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace canvas::auth {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// A key, and what it checks signatures by: some of EdDSA, ES256, RS256 and PS256.
struct PublicKey {
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  std::vector<std::string_view> algorithms;

  // By the `alg` of a token's header.
  bool is_for(std::string_view algorithm) const;
};

// Whether there is a kind of key for it.
bool is_known_algorithm(std::string_view algorithm);

// Ed25519, P-256, or RSA of 2048 to 8192 bits; nothing when it is of another kind or malformed.
std::optional<PublicKey> read_jwk(std::string_view json);

// `algorithm` is one that the key is for.
bool verify_signature(const PublicKey& key, std::string_view algorithm, std::string_view text,
                      BytesView signature);

// A JSON object that is not deep; nothing when it is malformed or something else.
std::optional<boost::json::object> parse_json_object(std::string_view text);

// The string of that name; nothing when there is none or it is something else.
std::optional<std::string_view> find_string(const boost::json::object& object, std::string_view name);

}  // namespace canvas::auth
