// The one question that the server asks: who is this, and what may they do here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auth/credentials.h"
#include "base/result.h"

namespace canvas::auth {

enum class Access { view, edit };

struct Identity {
  std::string user_id;          // empty for guests
  std::string session_id;       // empty for guests and for who came with a JWT
  std::string impersonated_by;  // the user who acts as this one, if somebody does
};

// Somebody's leave to be in a document: looked at again and again for as long as this lives. Lives on the
// shard's thread; may outlive the gatekeeper.
class Permit {
public:
  virtual ~Permit() = default;

  virtual const Identity& identity() const = 0;
  // What is allowed now.
  virtual Access access() const = 0;

  // Called when that changes, on the shard's thread, in a turn of its own; the permit may go in it. With an
  // error it is the last call: Errc::unauthenticated, the session is over; Errc::forbidden, the document may
  // not be seen any more; Errc::unavailable, it has run out and whether it goes on cannot be found out now.
  virtual void on_change(std::function<void(const Result<Access>&)> changed) = 0;
};

// Why somebody is not let in, and who it is where that is known: somebody whom we know, but who may not.
struct Denial : Error {
  Denial() : Error{Errc::forbidden, {}} {}
  Denial(Error why, Identity who = {}) : Error(std::move(why)), identity(std::move(who)) {}

  Identity identity;
};

using Admission = boost::system::result<std::shared_ptr<Permit>, Denial>;

// Lives on the shard's thread.
class Gatekeeper {
public:
  using Admitted = std::function<void(Admission)>;
  // Runs a function on the shard's thread, in a later turn. Callable from any thread.
  using Post = std::function<void(std::function<void()>)>;

  virtual ~Gatekeeper() = default;

  // To be called once, before anything else.
  virtual void open(Post post) = 0;

  // May this client see, or change, this document? Answers at once or in a later turn. Fails with
  // Errc::unauthenticated when it is not known who it is, Errc::forbidden when it may not (or there is no
  // such document), both in words that can be shown to it, or Errc::unavailable when it cannot be found out
  // now.
  virtual void admit(const Credentials& credentials, const std::string& document, Admitted done) = 0;

  // To be called about once a second: what runs out, and what is to be looked at again.
  virtual void tick() = 0;
};

// Lets everybody in, to change everything: for the embedded store on one's own machine.
std::unique_ptr<Gatekeeper> make_guest_gatekeeper();

}  // namespace canvas::auth
