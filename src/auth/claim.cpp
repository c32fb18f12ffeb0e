#include "auth/claim.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "auth/jwt.h"
#include "auth/signature.h"
#include "auth/text_internal.h"

namespace canvas::auth {
namespace {

using Kind = Claim::Kind;

constexpr std::size_t session_token_length = 32;
constexpr std::size_t min_custom_token_bytes = 16;
constexpr std::size_t max_custom_token_bytes = 256;

Claim refuse(std::string_view why) {
  return {.kind = Kind::bad, .value = std::string(why)};
}

// Of a session, or a one-time token: 32 characters as Better Auth makes them. Those of sessions have neither
// '-' nor '_'.
bool is_made_by_better_auth(std::string_view token) {
  return token.size() == session_token_length && std::all_of(token.begin(), token.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_';
         });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// An app may make session tokens in its own way.
bool may_be_custom_token(std::string_view token) {
  return token.size() >= min_custom_token_bytes && token.size() <= max_custom_token_bytes &&
         is_visible(token) && token.find('.') == std::string_view::npos;
}

// TOKEN.SIGNATURE, whether or not the signature is right.
bool has_signature(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && text.size() - dot - 1 == signature_length;
}

std::span<const std::string> secrets_of(const ClaimRules& rules) {
  const std::span<const std::string> all(rules.secrets);
  return rules.accept_old_secrets ? all : all.first(std::min<std::size_t>(all.size(), 1));
}

// `what` names the credential in the refusal.
Claim read_signed(std::string_view text, const ClaimRules& rules, std::string_view what) {
  std::optional<std::string> token = verify_signed_token(text, secrets_of(rules));
  if (!token) return refuse("the " + std::string(what) + "'s signature is wrong");
  // The app signs other cookies with the same secret; and nothing may be cut off on the way to the database.
  if (token->empty() || token->size() > max_custom_token_bytes || !is_visible(*token)) {
    return refuse("the " + std::string(what) + " holds no session");
  }
  return {.kind = Kind::session_token, .value = std::move(*token)};
}

bool is_placeholder(std::string_view token, const ClaimRules& rules) {
  const std::string lower = to_lower(token);
  return lower.empty() ||
         std::any_of(rules.placeholder_tokens.begin(), rules.placeholder_tokens.end(),
                     [&](const std::string& placeholder) { return to_lower(placeholder) == lower; });
}

// A token that was sent on purpose, decoded and trimmed.
Claim read_token(std::string_view token, const ClaimRules& rules) {
  if (looks_like_jwt(token)) return {.kind = Kind::jwt, .value = std::string(token)};
  if (has_signature(token)) return read_signed(token, rules, "token");
  if (is_made_by_better_auth(token)) return {.kind = Kind::session_or_one_time, .value = std::string(token)};
  if (may_be_custom_token(token)) return {.kind = Kind::session_token, .value = std::string(token)};
  return refuse("the token is of no kind that is taken here");
}

std::optional<Claim> read_message(const std::string& text, const ClaimRules& rules) {
  if (text.size() > max_credential_bytes) return refuse("the token is too long");
  const std::string decoded = decode_percent(text);
  const std::string_view token = trim(decoded);
  if (is_placeholder(token, rules)) return std::nullopt;
  return read_token(token, rules);
}

// A header that holds nothing but a token, or what a header holds after its scheme.
Claim read_header_token(std::string_view text, const ClaimRules& rules) {
  if (text.size() > max_credential_bytes) return refuse("the token is too long");
  const std::string decoded = decode_percent(text);
  return read_token(trim(decoded), rules);
}

// Other schemes are the business of proxies.
std::optional<Claim> read_authorization(std::string_view header, const ClaimRules& rules) {
  header = trim(header);
  const std::size_t end = std::min(header.find_first_of(" \t"), header.size());
  if (to_lower(header.substr(0, end)) != "bearer") return std::nullopt;
  return read_header_token(trim(header.substr(end)), rules);
}

std::optional<Claim> read_session_header(std::string_view header, const ClaimRules& rules) {
  header = trim(header);
  if (!rules.allow_session_token_in_url || header.empty()) return std::nullopt;
  return read_header_token(header, rules);
}

// The first one of that name, as it is.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && trim(pair.substr(0, equals)) == name) {
      return trim(pair.substr(equals + 1));
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return std::nullopt;
}

std::optional<std::string_view> find_session_cookie(std::string_view header, const ClaimRules& rules) {
  const std::string name = rules.cookie_prefix + ".session_token";
  const std::optional<std::string_view> secure = find_cookie(header, "__Secure-" + name);
  return secure || rules.secure_cookie_only ? secure : find_cookie(header, name);
}

std::optional<Claim> read_cookie(std::string_view header, const ClaimRules& rules) {
  std::optional<std::string_view> value = find_session_cookie(header, rules);
  if (!value) return std::nullopt;
  if (value->size() >= 2 && value->starts_with('"') && value->ends_with('"')) {
    value = value->substr(1, value->size() - 2);
  }
  Claim claim = value->size() > max_credential_bytes ? refuse("the session cookie is too long")
                                                     : read_signed(*value, rules, "session cookie");
  claim.is_from_cookie = true;
  return claim;
}

// What may stand in any URL: it is of use once, or for minutes.
Claim read_url_token(std::string_view token, const ClaimRules& rules) {
  if (rules.allow_session_token_in_url) return read_token(token, rules);
  if (looks_like_jwt(token)) return {.kind = Kind::jwt, .value = std::string(token)};
  if (is_made_by_better_auth(token)) return {.kind = Kind::one_time_token, .value = std::string(token)};
  return refuse("session tokens are not taken from URLs (--allow-session-token-in-url)");
}

std::optional<Claim> read_query(std::string_view query, const ClaimRules& rules) {
  static constexpr std::string_view names[] = {"token", "access_token", "session_token"};
  if (query.starts_with('?')) query.remove_prefix(1);
  const std::span<const std::string_view> all(names);
  for (const std::string_view name : rules.allow_session_token_in_url ? all : all.first(1)) {
    const std::optional<std::string> value = query_parameter(query, name);
    if (!value) continue;
    if (value->size() > max_credential_bytes) return refuse("the token is too long");
    const std::string decoded = decode_percent(*value);
    const std::string_view token = trim(decoded);
    if (!is_placeholder(token, rules)) return read_url_token(token, rules);
  }
  return std::nullopt;
}

}  // namespace

Claim read_claim(const Credentials& credentials, const ClaimRules& rules) {
  if (auto claim = read_message(credentials.token, rules)) return *claim;
  if (auto claim = read_authorization(credentials.authorization, rules)) return *claim;
  if (auto claim = read_session_header(credentials.session_token, rules)) return *claim;
  if (auto claim = read_cookie(credentials.cookie, rules)) return *claim;
  if (auto claim = read_query(credentials.query, rules)) return *claim;
  return {};
}

// `+` stays, because of signatures that nobody has encoded.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (decode_percent(pair.substr(0, equals)) == name) {
      return decode_percent(pair.substr(std::min(equals + 1, pair.size())));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

}  // namespace canvas::auth
