#include "auth/operator_token.h"

#include <algorithm>

#include "auth/signature.h"

namespace canvas::auth {
namespace {

constexpr std::string_view signed_text = "canvas-ws operator";

}  // namespace

std::string operator_token(std::string_view secret) {
  return sign(signed_text, secret).value_or(std::string());
}

bool is_operator_token(std::string_view token, std::span<const std::string> secrets) {
  return std::ranges::any_of(
      secrets, [&](const std::string& secret) { return is_signed(signed_text, token, secret); });
}

}  // namespace canvas::auth
