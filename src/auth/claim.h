// From what a client shows to the one credential that it is judged by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/credentials.h"

namespace canvas::auth {

struct ClaimRules {
  // Of Better Auth, the present one first. Signatures are made with that.
  std::vector<std::string> secrets;
  // Take signatures that were made with the others as well.
  bool accept_old_secrets = false;
  std::string cookie_prefix = "better-auth";
  // Only the cookie whose name begins with __Secure-: an app that is served over https.
  bool secure_cookie_only = false;
  // Take ?token=, ?access_token=, ?session_token= and x-session-token as session tokens. URLs are logged by
  // proxies and kept by browsers; one-time tokens and JWTs are taken in ?token= anyway.
  bool allow_session_token_in_url = false;
  // Tokens of an Auth message that only mean "look at the cookie". Empty is always one.
  std::vector<std::string> placeholder_tokens = {"cookie", "null", "undefined", "none", "-"};
};

// What is to be checked.
struct Claim {
  enum class Kind {
    none,                 // nothing was shown
    session_token,        // of a session, without its signature, which was right if there was one
    session_or_one_time,  // 32 letters, digits, '-' and '_': either
    one_time_token,       //
    jwt,                  //
    bad,                  // refused without looking it up; `value` says why, in words for the client
  };
  Kind kind = Kind::none;
  std::string value{};
  bool is_from_cookie = false;  // sent by a browser by itself: the Origin has to be one of ours
};

// The first of: the token of the Auth message, unless it is a placeholder; Authorization: Bearer; where it is
// allowed x-session-token; the session cookie; the query. What is shown is judged, and nothing after it: a
// bad credential never becomes another's, nor a guest's. Better Auth's formats; facts in docs/security.md.
Claim read_claim(const Credentials& credentials, const ClaimRules& rules);

// The first parameter of that name in a URL's query, percent-decoded.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

}  // namespace canvas::auth
