#include "server/audit.h"

#include <array>
#include <vector>

#include "log/log.h"

namespace canvas::server {
namespace {

// A thousand people who come back at once are all named; a guest who comes and goes does not fill a disk.
constexpr log::Rate record_rate{.lines_a_second = 50, .lines_at_once = 1000};
constexpr log::Rate offence_rate{.lines_a_second = 2, .lines_at_once = 20};

constexpr std::array<std::string_view, 4> records = {"access.accepted", "access.changed", "access.revoked",
                                                     "operator.connected"};
constexpr std::array<std::string_view, 3> offences = {"access.refused", "limit.hit", "input.malformed"};

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

void write_offence(std::string_view event, const Whom& whom, log::Field reason, std::string_view detail) {
  std::vector<log::Field> fields = describe(whom);
  fields.push_back(reason);
  fields.emplace_back("detail", detail);
  log::security(log::Level::warning, event, fields);
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

Audit::Audit(Metrics& metrics) : metrics_(metrics) {
  for (const std::string_view event : records) log::set_rate(event, record_rate);
  for (const std::string_view event : offences) log::set_rate(event, offence_rate);
}

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
  write_offence("access.refused", whom, {"reason", reason_of(why.code)}, why.message);
}

void Audit::limit_hit(const Whom& whom, std::string_view name, std::string_view why) {
  metrics_.limit_hit(name);
  write_offence("limit.hit", whom, {"limit", name}, why);
}

void Audit::malformed(const Whom& whom, std::string_view why) {
  metrics_.malformed();
  write_offence("input.malformed", whom, {"reason", "malformed"}, why);
}

}  // namespace canvas::server
