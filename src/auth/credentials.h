// What a client shows to say who it is.
#pragma once

#include <cstddef>
#include <string>

namespace canvas::auth {

// A token or cookie that is longer is refused unread.
inline constexpr std::size_t max_credential_bytes = 8u << 10;

// As it came, unchecked. Never logged.
struct Credentials {
  std::string cookie{};         // the Cookie header of the upgrade
  std::string authorization{};  // the Authorization header of the upgrade
  std::string session_token{};  // the x-session-token header of the upgrade
  std::string query{};          // of the URL
  std::string token{};          // of a Hocuspocus Auth message
  std::string origin{};         // the Origin header of the upgrade
};

}  // namespace canvas::auth
