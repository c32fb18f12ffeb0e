#include "server/audit.h"

#include <vector>

#include "log/log.h"

namespace canvas::server {
namespace {

constexpr double lines_a_second = 2;
constexpr double lines_at_once = 20;

constexpr std::array<std::string_view, 3> events = {"access.refused", "limit.hit", "input.malformed"};

std::string_view name_of(auth::Access access) {
  return access == auth::Access::edit ? "edit" : "view";
}

std::vector<log::Field> describe(const Whom& whom) {
  std::vector<log::Field> fields;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) fields.emplace_back(key, value);
  };
  if (whom.identity != nullptr) {
    add("user", whom.identity->user_id);
    add("session", whom.identity->session_id);
    add("impersonated_by", whom.identity->impersonated_by);
  }
  add("address", whom.address);
  if (whom.document != nullptr) add("document", *whom.document);
  if (whom.connection != 0) fields.emplace_back("connection", whom.connection);
  if (whom.dialect)
    add("protocol", *whom.dialect == protocol::Dialect::hocuspocus ? "hocuspocus" : "y-websocket");
  return fields;
}

}  // namespace

std::string_view reason_of(Errc code) {
  switch (code) {
    case Errc::unauthenticated: return "unauthenticated";
    case Errc::forbidden: return "forbidden";
    case Errc::unavailable: return "unavailable";
    case Errc::too_large: return "limit";
    default: return "other";
  }
}

Audit::Audit(Metrics& metrics)
    : metrics_(metrics),
      samples_{Sample{TokenBucket(lines_a_second, lines_at_once)},
               Sample{TokenBucket(lines_a_second, lines_at_once)},
               Sample{TokenBucket(lines_a_second, lines_at_once)}} {}

void Audit::accepted(const Whom& whom, auth::Access access) {
  metrics_.accepted();
  std::vector<log::Field> fields = describe(whom);
  fields.emplace_back("access", name_of(access));
  log::security(log::Level::info, "access.accepted", fields);
}

void Audit::changed(const Whom& whom, auth::Access access) {
  metrics_.access_changed();
  std::vector<log::Field> fields = describe(whom);
  fields.emplace_back("access", name_of(access));
  log::security(log::Level::info, "access.changed", fields);
}

void Audit::revoked(const Whom& whom, const Error& why) {
  metrics_.revoked(why.code);
  std::vector<log::Field> fields = describe(whom);
  fields.emplace_back("reason", reason_of(why.code));
  fields.emplace_back("detail", why.message);
  log::security(log::Level::warning, "access.revoked", fields);
}

void Audit::refused(Whom whom, const auth::Denial& why) {
  metrics_.refused(why.code);
  if (whom.identity == nullptr) whom.identity = &why.identity;
  write_sampled(refusals, whom, "reason", reason_of(why.code), why.message);
}

void Audit::limit_hit(const Whom& whom, std::string_view name, std::string_view why) {
  metrics_.limit_hit(name);
  write_sampled(limits, whom, "limit", name, why);
}

void Audit::malformed(const Whom& whom, std::string_view why) {
  metrics_.malformed();
  write_sampled(malformed_input, whom, "reason", "malformed", why);
}

void Audit::write_sampled(Kind kind, const Whom& whom, std::string_view reason_key, std::string_view reason,
                          std::string_view text) {
  Sample& sample = samples_[kind];
  if (!sample.bucket.try_take(std::chrono::steady_clock::now())) {
    ++sample.suppressed;
    return;
  }
  std::vector<log::Field> fields = describe(whom);
  fields.emplace_back(reason_key, reason);
  fields.emplace_back("detail", text);
  if (sample.suppressed > 0) fields.emplace_back("suppressed", sample.suppressed);
  sample.suppressed = 0;
  log::security(log::Level::warning, events[kind], fields);
}

void Audit::tick(TokenBucket::Time now) {
  for (std::size_t kind = 0; kind < kind_count; ++kind) {
    Sample& sample = samples_[kind];
    if (sample.suppressed == 0 || !sample.bucket.try_take(now)) continue;
    log::security(log::Level::warning, events[kind], {{"suppressed", sample.suppressed}});
    sample.suppressed = 0;
  }
}

}  // namespace canvas::server
