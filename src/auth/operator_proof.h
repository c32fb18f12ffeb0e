// How the command line proves to a running server that it is the operator's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace canvas::auth {

// What the server asks to be signed: something that it has made for this once, and the port at which it was
// asked, so that what is shown to a program at another port is worth nothing here.
struct OperatorChallenge {
  std::string nonce;
  std::string port;
};

// What only who knows the secret of Better Auth can answer: padded base64 of HMAC-SHA256 over a text that no
// session or cookie has. Empty when `secret` is.
std::string operator_proof(std::string_view secret, const OperatorChallenge& challenge);

// Whether one of `secrets` has made it. In constant time for proofs of the right length.
bool is_operator_proof(std::string_view proof, const OperatorChallenge& challenge,
                       std::span<const std::string> secrets);

}  // namespace canvas::auth
