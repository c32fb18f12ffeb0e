// From a credential to a user and what they may do: the blocking part, for many at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auth/better_auth.h"
#include "auth/claim.h"
#include "auth/directory.h"

namespace canvas::auth {

// Somebody shows something and wants into a document.
struct Inquiry {
  Claim claim;  // neither `none` nor `bad`
  std::string document;
  std::string share_hash;  // of a share link's token; empty: none
};

// What somebody in a document lives by: a session, or a user where a JWT was shown.
struct Subject {
  enum class Kind { session, user };
  Kind kind;
  std::string id;

  friend bool operator==(const Subject&, const Subject&) = default;
};

// Whether a review is one of all, or about something that has changed or run out.
enum class Urgency { in_turn, now };

// Somebody who is in a document is looked at again.
struct Review {
  Subject subject;
  WallTime expires_at;  // as it was known; a JWT's stays
  std::string document;
  std::string share_hash;
};

struct Finding {
  Identity identity;
  Subject subject;
  WallTime expires_at;
  Actions actions;
};

// Belongs to one thread at a time, but for interrupt().
class Lookup {
public:
  // `rules` outlive it.
  Lookup(std::unique_ptr<Directory> directory, const BetterAuthOptions& rules, WallClock clock);

  // The answers, in order. Of each, Errc::unauthenticated says that it is nobody whom we know, or no longer;
  // a user without any rights is found, with no actions. Errc::unavailable: it could not be found out.
  std::vector<Result<Finding>> answer(std::span<const Inquiry> inquiries);
  std::vector<Result<Finding>> review(std::span<const Review> reviews);

  void interrupt() { directory_->interrupt(); }

private:
  struct Person;

  void identify_by_session(std::span<const Inquiry> inquiries, std::vector<Result<Person>>& people);
  void identify_by_one_time_token(std::span<const Inquiry> inquiries, std::vector<Result<Person>>& people);
  void identify_by_jwt(std::span<const Inquiry> inquiries, std::vector<Result<Person>>& people);
  Error not_now(const Error& error);
  Result<JwtClaims> verify(const std::string& token);
  void review_sessions(std::span<const Review> reviews, std::vector<Result<Person>>& people);
  void review_users(std::span<const Review> reviews, std::vector<Result<Person>>& people);
  Result<Person> person_of(const std::optional<Session>& session) const;
  Result<Person> person_of(const std::optional<User>& user, WallTime expires_at) const;
  template <class Asked>
  std::vector<Result<Finding>> find(std::span<const Asked> asked, std::vector<Result<Person>> people);
  std::vector<Result<Actions>> actions_of(std::span<const Question> questions);

  const std::unique_ptr<Directory> directory_;
  const BetterAuthOptions& rules_;
  const WallClock clock_;
  KeySet keys_;
  std::optional<WallTime> keys_read_;
};

}  // namespace canvas::auth
