// Users and sessions, as Better Auth's tables have them.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace canvas::auth {

using WallTime = std::chrono::system_clock::time_point;

struct User {
  std::string id;
  std::optional<std::string> role;  // a comma list; nothing: the default role
  bool is_banned = false;
  std::optional<WallTime> ban_expires;  // nothing: it does not
};

struct Session {
  std::string id;
  WallTime expires_at;
  User user;
  std::string impersonated_by;  // a user's id, or empty
};

inline bool is_banned(const User& user, WallTime now) {
  return user.is_banned && (!user.ban_expires || *user.ban_expires > now);
}

}  // namespace canvas::auth
