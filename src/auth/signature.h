// The signatures of Better Auth's cookies and tokens, and the hashes that go with them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace canvas::auth {

// Of an HMAC-SHA256 in padded base64.
inline constexpr std::size_t signature_length = 44;

// The padded base64 of HMAC-SHA256(secret, text); none with an empty secret.
std::optional<std::string> sign(std::string_view text, std::string_view secret);

// Whether `signature` is the padded base64 of HMAC-SHA256(secret, text). In constant time for
// signatures of that length. Nothing is signed with an empty secret.
bool is_signed(std::string_view text, std::string_view signature, std::string_view secret);

// TOKEN from TOKEN.SIGNATURE, percent-encoded or not, when one of `secrets` has signed it.
std::optional<std::string> verify_signed_token(std::string_view text, std::span<const std::string> secrets);

// The SHA-256 of `text` in base64url without padding: how Better Auth stores hashed one-time tokens, and we
// the tokens of share links.
std::string sha256_base64url(std::string_view text);

// Without padding.
std::string encode_base64url(BytesView bytes);

// Fails on anything that is not base64url, and when bits are left over; padding may be missing.
std::optional<Bytes> decode_base64url(std::string_view text);

// Percent-decoding as decodeURIComponent does it; the text as it is when that fails.
std::string decode_percent(std::string_view text);

}  // namespace canvas::auth
