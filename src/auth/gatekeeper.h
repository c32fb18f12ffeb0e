// The one question that the server asks: who is this, and what may they do here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace canvas::auth {

// What a client shows. Never logged.
struct Credentials {
  std::string cookie;         // the Cookie header of the upgrade
  std::string authorization;  // the Authorization header of the upgrade
  std::string query;          // of the URL
  std::string token;          // of a Hocuspocus Auth message
  std::string origin;         // the Origin header of the upgrade
  std::string remote_address;
};

enum class Access { view, edit };

struct Grant {
  std::string user_id;  // empty for guests
  Access access;
};

// Called on a shard's thread; answers there as well, at once or in a later turn.
class Gatekeeper {
public:
  virtual ~Gatekeeper() = default;

  // May this client see, or change, this document? Fails with Errc::forbidden, in words that can be shown to
  // it, or Errc::unavailable when it cannot be found out now.
  virtual void admit(const Credentials& credentials, const std::string& document,
                     std::function<void(Result<Grant>)> done) = 0;
};

// Lets everybody in, to change everything: for the embedded store on one's own machine.
std::unique_ptr<Gatekeeper> make_guest_gatekeeper();

}  // namespace canvas::auth
