// How the command line proves to a running server that it is the operator's.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace canvas::auth {

// What who knows the secret of Better Auth can show: padded base64 of HMAC-SHA256(secret, a text of ours). It
// says nothing about the secret, and is no session of anybody. Empty when `secret` is.
std::string operator_token(std::string_view secret);

// Whether one of `secrets` has made it. In constant time for tokens of the right length.
bool is_operator_token(std::string_view token, std::span<const std::string> secrets);

}  // namespace canvas::auth
