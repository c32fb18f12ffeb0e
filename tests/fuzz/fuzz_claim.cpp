// What a client shows: headers, query, token and origin, parted by NULs; and what settings and tables hold.

#include <algorithm>
#include <array>
#include <string>

#include "auth/claim.h"
#include "auth/jwt.h"
#include "auth/origin.h"
#include "auth/role_map.h"
#include "base/bytes.h"
#include "check.h"

namespace {

using namespace canvas;
using namespace canvas::auth;
using Kind = Claim::Kind;

// Signed in the seeds; nobody can sign another.
constexpr std::string_view signed_token = "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIye";

ClaimRules rules(bool allow_session_token_in_url) {
  ClaimRules rules;
  rules.secrets = {"0123456789abcdef0123456789abcdef-test-secret"};
  rules.allow_session_token_in_url = allow_session_token_in_url;
  return rules;
}

Credentials split(std::string_view input) {
  std::array<std::string, 6> parts;
  for (std::string& part : parts) {
    const std::size_t end = std::min(input.find('\0'), input.size());
    part = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void check_claim(const Claim& claim) {
  FUZZ_CHECK(claim.value.empty() == (claim.kind == Kind::none));
  FUZZ_CHECK(claim.value.size() <= max_credential_bytes);
  FUZZ_CHECK(is_visible(claim.value) || claim.kind == Kind::bad);
  if (claim.kind == Kind::session_or_one_time || claim.kind == Kind::one_time_token) {
    FUZZ_CHECK(claim.value.size() == 32);
  }
  if (claim.kind == Kind::jwt) FUZZ_CHECK(looks_like_jwt(claim.value));
  if (claim.is_from_cookie) {
    FUZZ_CHECK(claim.kind == Kind::bad || (claim.kind == Kind::session_token && claim.value == signed_token));
  }
}

void check_origin(std::string_view origin) {
  OriginRules app;
  FUZZ_CHECK(app.add("https://*.example.com").has_value());
  if (!app.allows(origin)) return;
  FUZZ_CHECK(is_visible(origin));
  FUZZ_CHECK(origin.find_first_of("/@?#\\%*", 8) == std::string_view::npos);
  std::string lower(origin);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  FUZZ_CHECK(lower.starts_with("https://"));
  FUZZ_CHECK(lower.ends_with(".example.com") || lower.ends_with(".example.com:443"));
}

void check_settings(std::string_view text, std::string_view origin) {
  OriginRules some;
  if (!some.add(text)) FUZZ_CHECK(some.is_empty());
  if (some.is_empty()) FUZZ_CHECK(!some.allows(origin));
  if (some.allows_everybody()) FUZZ_CHECK(some.allows(origin));
  (void)some.allows(origin);
  (void)parse_permission_json(text);
  if (const auto map = RoleMap::parse(text)) {
    FUZZ_CHECK((map->of_list(origin) | parse_actions("*")) == parse_actions("*"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ClaimRules strict = rules(false);
  static const ClaimRules lenient = rules(true);
  const Credentials credentials = split(as_text({data, size}));
  check_claim(read_claim(credentials, strict));
  check_claim(read_claim(credentials, lenient));
  check_origin(credentials.origin);
  check_settings(credentials.token, credentials.origin);
  return 0;
}
