#include "auth/operator_proof.h"

#include <algorithm>

#include "auth/signature.h"

namespace canvas::auth {
namespace {

// Line feeds keep it apart from all that Better Auth signs.
std::string text_of(const OperatorChallenge& challenge) {
  return "canvas-ws operator\n" + challenge.port + "\n" + challenge.nonce;
}

}  // namespace

std::string operator_proof(std::string_view secret, const OperatorChallenge& challenge) {
  return sign(text_of(challenge), secret).value_or(std::string());
}

bool is_operator_proof(std::string_view proof, const OperatorChallenge& challenge,
                       std::span<const std::string> secrets) {
  const std::string text = text_of(challenge);
  return std::ranges::any_of(secrets,
                             [&](const std::string& secret) { return is_signed(text, proof, secret); });
}

}  // namespace canvas::auth
