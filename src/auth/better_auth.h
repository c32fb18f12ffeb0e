// The gatekeeper of an app that uses Better Auth.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "auth/claim.h"
#include "auth/directory.h"
#include "auth/gatekeeper.h"
#include "auth/jwt.h"
#include "auth/origin.h"
#include "auth/permissions.h"

namespace canvas::auth {

struct BetterAuthOptions {
  ClaimRules claims;
  OriginRules origins;
  JwtRules jwt;
  PermissionRules permissions;
  // All sessions and permissions that somebody here lives by are looked at again so often.
  std::chrono::seconds recheck_interval{15};
};

// What the clock says; handed in, so that tests need not wait.
using WallClock = std::function<WallTime()>;

// Looks up who somebody is and what they may do, on threads of its own, many at a time; then watches over it:
// what has run out is looked up once more (sessions slide), everything every `recheck_interval`, and what
// `opener`'s feed tells of at once. While the database is away, those who are in stay until their sessions
// end, and nobody new comes in.
//
// `opener` is asked for directories in this call and not later.
std::unique_ptr<Gatekeeper> make_better_auth_gatekeeper(BetterAuthOptions options,
                                                        const DirectoryOpener& opener, WallClock clock);

}  // namespace canvas::auth
