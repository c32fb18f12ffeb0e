#include "auth/lookup.h"

#include "log/log.h"

namespace canvas::auth {
namespace {

// A token of a key that nobody has heard of makes us read the keys again, but not oftener than this.
constexpr std::chrono::seconds key_interval{2};

// A key that was taken away, or has been given an end, is not used for longer than this.
constexpr std::chrono::seconds key_lifetime{60};

Error nobody(std::string_view why) {
  return {Errc::unauthenticated, std::string(why)};
}

// The positions of those that `wanted` picks, in order.
template <class Asked, class Wanted>
std::vector<std::size_t> positions(std::span<const Asked> asked, Wanted wanted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (wanted(asked[i])) found.push_back(i);
  }
  return found;
}

template <class Asked, class Text>
std::vector<std::string> texts(std::span<const Asked> asked, const std::vector<std::size_t>& at, Text text) {
  std::vector<std::string> out;
  out.reserve(at.size());
  for (const std::size_t i : at) out.push_back(text(asked[i]));
  return out;
}

bool may_be_session(const Inquiry& inquiry) {
  return inquiry.claim.kind == Claim::Kind::session_token ||
         inquiry.claim.kind == Claim::Kind::session_or_one_time;
}

}  // namespace

struct Lookup::Person {
  User user;
  Identity identity;
  Subject subject;
  WallTime expires_at;
};

Lookup::Lookup(std::unique_ptr<Directory> directory, const BetterAuthOptions& rules, WallClock clock)
    : directory_(std::move(directory)), rules_(rules), clock_(std::move(clock)) {}

// What went wrong is for the operator.
Error Lookup::not_now(const Error& error) {
  log::warning("auth.lookup_failed", {{"reason", error.message}});
  return {Errc::unavailable, "it cannot be found out now who you are and what you may do: try again"};
}

std::vector<Result<Finding>> Lookup::answer(std::span<const Inquiry> inquiries) {
  std::vector<Result<Person>> people(inquiries.size(), nobody("there is no such session"));
  identify_by_session(inquiries, people);
  identify_by_one_time_token(inquiries, people);
  identify_by_jwt(inquiries, people);
  return find(inquiries, std::move(people));
}

std::vector<Result<Finding>> Lookup::review(std::span<const Review> reviews) {
  std::vector<Result<Person>> people(reviews.size(), nobody("the session is over"));
  review_sessions(reviews, people);
  review_users(reviews, people);
  return find(reviews, std::move(people));
}

void Lookup::identify_by_session(std::span<const Inquiry> inquiries, std::vector<Result<Person>>& people) {
  const auto at = positions(inquiries, may_be_session);
  if (at.empty()) return;
  const auto sessions = directory_->find_sessions(
      texts(inquiries, at, [](const Inquiry& inquiry) { return inquiry.claim.value; }));
  const Error failure = sessions ? Error{} : not_now(sessions.error());
  for (std::size_t i = 0; i < at.size(); ++i)
    people[at[i]] = sessions ? person_of((*sessions)[i]) : Result<Person>(failure);
}

// Those are few: a person needs one to open a connection from another program.
void Lookup::identify_by_one_time_token(std::span<const Inquiry> inquiries,
                                        std::vector<Result<Person>>& people) {
  for (std::size_t i = 0; i < inquiries.size(); ++i) {
    const Claim& claim = inquiries[i].claim;
    const bool is_no_session = claim.kind == Claim::Kind::session_or_one_time && !people[i] &&
                               people[i].error().code == Errc::unauthenticated;
    if (claim.kind != Claim::Kind::one_time_token && !is_no_session) continue;
    const Result<std::optional<std::string>> token = directory_->consume_one_time_token(claim.value);
    if (!token) {
      people[i] = not_now(token.error());
    } else if (*token) {
      const std::vector<std::string> tokens{**token};
      const auto sessions = directory_->find_sessions(tokens);
      people[i] = sessions ? person_of(sessions->front()) : Result<Person>(not_now(sessions.error()));
    }
  }
}

void Lookup::identify_by_jwt(std::span<const Inquiry> inquiries, std::vector<Result<Person>>& people) {
  std::vector<std::size_t> at;
  std::vector<JwtClaims> claims;
  for (const std::size_t i :
       positions(inquiries, [](const Inquiry& inquiry) { return inquiry.claim.kind == Claim::Kind::jwt; })) {
    const Result<JwtClaims> verified = verify(inquiries[i].claim.value);
    if (verified) {
      at.push_back(i);
      claims.push_back(*verified);
    } else {
      people[i] = verified.error();
    }
  }
  if (at.empty()) return;
  std::vector<std::string> ids;
  ids.reserve(claims.size());
  for (const JwtClaims& each : claims) ids.push_back(each.user_id);
  const auto users = directory_->find_users(ids);
  const Error failure = users ? Error{} : not_now(users.error());
  for (std::size_t i = 0; i < at.size(); ++i)
    people[at[i]] = users ? person_of((*users)[i], claims[i].expires_at) : Result<Person>(failure);
}

Result<JwtClaims> Lookup::verify(const std::string& token) {
  const WallTime now = clock_();
  if (keys_read_ && now >= *keys_read_ && now - *keys_read_ < key_lifetime) {
    Result<JwtClaims> verified = verify_jwt(token, keys_, rules_.jwt, now);
    if (verified || verified.error().code != Errc::not_found) return verified;
    if (now - *keys_read_ < key_interval) return nobody("the token is signed with a key that is not known");
  }
  const Result<std::vector<StoredKey>> stored = directory_->read_keys();
  if (!stored) return not_now(stored.error());
  keys_ = KeySet(*stored);
  keys_read_ = now;
  if (keys_.unusable() > 0) log::warning("auth.keys_not_usable", {{"keys", keys_.unusable()}});
  Result<JwtClaims> verified = verify_jwt(token, keys_, rules_.jwt, now);
  if (!verified && verified.error().code == Errc::not_found)
    return nobody("the token is signed with a key that is not known");
  return verified;
}

void Lookup::review_sessions(std::span<const Review> reviews, std::vector<Result<Person>>& people) {
  const auto at =
      positions(reviews, [](const Review& review) { return review.subject.kind == Subject::Kind::session; });
  if (at.empty()) return;
  const auto sessions = directory_->find_sessions_by_id(
      texts(reviews, at, [](const Review& review) { return review.subject.id; }));
  const Error failure = sessions ? Error{} : not_now(sessions.error());
  for (std::size_t i = 0; i < at.size(); ++i)
    people[at[i]] = sessions ? person_of((*sessions)[i]) : Result<Person>(failure);
}

void Lookup::review_users(std::span<const Review> reviews, std::vector<Result<Person>>& people) {
  const auto at =
      positions(reviews, [](const Review& review) { return review.subject.kind == Subject::Kind::user; });
  if (at.empty()) return;
  const auto users =
      directory_->find_users(texts(reviews, at, [](const Review& review) { return review.subject.id; }));
  const Error failure = users ? Error{} : not_now(users.error());
  for (std::size_t i = 0; i < at.size(); ++i) {
    people[at[i]] = users ? person_of((*users)[i], reviews[at[i]].expires_at) : Result<Person>(failure);
  }
}

Result<Lookup::Person> Lookup::person_of(const std::optional<Session>& session) const {
  if (!session) return nobody("there is no such session");
  const WallTime now = clock_();
  if (session->expires_at <= now) return nobody("the session has expired");
  if (is_banned(session->user, now)) return nobody("the user is banned");
  return Person{session->user,
                {session->user.id, session->id, session->impersonated_by},
                {Subject::Kind::session, session->id},
                session->expires_at};
}

Result<Lookup::Person> Lookup::person_of(const std::optional<User>& user, WallTime expires_at) const {
  if (!user) return nobody("there is no such user");
  const WallTime now = clock_();
  if (expires_at <= now) return nobody("the token has expired");
  if (is_banned(*user, now)) return nobody("the user is banned");
  return Person{*user, {user->id, {}, {}}, {Subject::Kind::user, user->id}, expires_at};
}

template <class Asked>
std::vector<Result<Finding>> Lookup::find(std::span<const Asked> asked, std::vector<Result<Person>> people) {
  std::vector<Question> questions;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (people[i]) questions.push_back({&people[i]->user, asked[i].document, asked[i].share_hash});
  }
  const std::vector<Result<Actions>> actions = actions_of(questions);
  std::vector<Result<Finding>> findings;
  findings.reserve(asked.size());
  std::size_t next = 0;
  for (Result<Person>& person : people) {
    if (!person) {
      findings.emplace_back(person.error());
      continue;
    }
    const Result<Actions>& allowed = actions[next++];
    if (allowed) {
      findings.emplace_back(
          Finding{std::move(person->identity), std::move(person->subject), person->expires_at, *allowed});
    } else {
      findings.emplace_back(allowed.error());
    }
  }
  return findings;
}

// One question that the database refuses must not be the end of the others.
std::vector<Result<Actions>> Lookup::actions_of(std::span<const Question> questions) {
  if (questions.empty()) return {};
  const Result<std::vector<Actions>> all = find_actions(*directory_, rules_.permissions, questions);
  if (all) return {all->begin(), all->end()};
  if (all.error().code == Errc::unavailable || questions.size() == 1)
    return std::vector<Result<Actions>>(questions.size(), not_now(all.error()));
  std::vector<Result<Actions>> each;
  each.reserve(questions.size());
  for (const Question& question : questions) each.push_back(actions_of({&question, 1}).front());
  return each;
}

}  // namespace canvas::auth
