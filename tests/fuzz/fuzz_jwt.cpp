// Tokens and keys that anybody may have made, and tokens that the app has signed with whatever in them.

#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "auth/jwt.h"
#include "auth/signature.h"
#include "check.h"

namespace {

using namespace canvas;
using namespace canvas::auth;

// The keys of RFC 8037, appendix A, and RFC 7515, appendices A.2 and A.3.
constexpr std::string_view ed25519_private = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr const char* ed25519_jwk =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr const char* ec_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* rsa_jwk =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw)"
    R"(-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-)"
    R"(bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uZDZxvb3qCo5ZwKh9kG4LT)"
    R"(6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";

const WallTime now{std::chrono::seconds(1'800'000'000)};

const KeySet& keys() {
  static const KeySet keys(
      std::vector<StoredKey>{{"ed", ed25519_jwk, {}}, {"ec", ec_jwk, {}}, {"rsa", rsa_jwk, {}}});
  FUZZ_CHECK(keys.size() == 3);
  return keys;
}

const JwtRules& rules() {
  static const JwtRules rules{.base_url = "https://app.example.com"};
  return rules;
}

std::string encode(std::string_view text) {
  return encode_base64url(as_bytes(text));
}

// HEADER, PAYLOAD and SIGNATURE, parted by NULs, as a token.
std::string token_of(std::string_view input) {
  const std::size_t first = std::min(input.find('\0'), input.size());
  const std::size_t second = std::min(input.find('\0', first + 1), input.size());
  const std::string_view payload =
      input.substr(std::min(first + 1, second), second - std::min(first + 1, second));
  return encode(input.substr(0, first)) + "." + encode(payload) + "." +
         encode(input.substr(std::min(second + 1, input.size())));
}

Bytes sign(std::string_view text) {
  static EVP_PKEY* const key = [] {
    const Bytes bytes = decode_base64url(ed25519_private).value();
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size());
  }();
  Bytes signature(64);
  std::size_t size = signature.size();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  FUZZ_CHECK(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1);
  FUZZ_CHECK(EVP_DigestSign(context, signature.data(), &size, as_bytes(text).data(), text.size()) == 1);
  EVP_MD_CTX_free(context);
  return signature;
}

std::string signed_token(std::string_view payload) {
  const std::string text = encode(R"({"alg":"EdDSA","kid":"ed"})") + "." + encode(payload);
  return text + "." + encode_base64url(sign(text));
}

// The fuzzer is never told of a signature that is right.
void check_forged(std::string_view token) {
  const auto verified = verify_jwt(token, keys(), rules(), now);
  FUZZ_CHECK(!verified);
  FUZZ_CHECK(verified.error().code == Errc::unauthenticated || verified.error().code == Errc::not_found);
  (void)looks_like_jwt(token);
}

void check_signed(std::string_view payload) {
  const std::string token = signed_token(payload);
  const auto verified = verify_jwt(token, keys(), rules(), now);
  if (!verified) {
    FUZZ_CHECK(verified.error().code == Errc::unauthenticated);
    return;
  }
  FUZZ_CHECK(looks_like_jwt(token) && token.size() <= max_credential_bytes);
  FUZZ_CHECK(!verified->user_id.empty() && verified->user_id.find('\0') == std::string::npos);
  FUZZ_CHECK(verified->expires_at > now - rules().leeway);
}

void check_key(std::string_view jwk) {
  const KeySet some(std::vector<StoredKey>{{"ed", std::string(jwk), {}}});
  FUZZ_CHECK(some.size() + some.unusable() == 1);
  static const std::string token = signed_token(R"({"sub":"u"})");
  FUZZ_CHECK(!verify_jwt(token, some, rules(), now));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Else there would be nothing that a forger could reach.
  static const auto honest = verify_jwt(
      signed_token(
          R"({"sub":"u","exp":1800000900,"iss":"https://app.example.com","aud":"https://app.example.com"})"),
      keys(), rules(), now);
  FUZZ_CHECK(honest.has_value());
  const std::string_view input = as_text({data, size});
  check_forged(input);
  check_forged(token_of(input));
  check_signed(input);
  check_key(input);
  return 0;
}
