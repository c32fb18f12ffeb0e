#include "main/auth_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/time_text.h"
#include "log/log.h"
#include "main/files.h"

namespace canvas {
namespace {

// Better Auth's own default, which everybody knows.
constexpr std::string_view public_secret = "better-auth-secret-12345678901234567890";
constexpr std::size_t min_good_secret_bytes = 32;
constexpr std::size_t max_secret_bytes = 4096;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// "2:new,1:old" as BETTER_AUTH_SECRETS has it; the first is the one in use.
Result<std::vector<std::string>> parse_secrets(const std::string& text) {
  std::vector<std::string> secrets;
  std::istringstream entries(text);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const std::size_t colon = entry.find(':');
    if (colon == std::string::npos || colon + 1 == entry.size()) {
      return Error{Errc::invalid_use,
                   "BETTER_AUTH_SECRETS is a list such as 2:NEW,1:OLD; an entry of it is not VERSION:SECRET"};
    }
    secrets.push_back(entry.substr(colon + 1));
  }
  return secrets;
}

Result<std::string> read_secret_file(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, max_secret_bytes);
  if (!bytes) return Error{Errc::invalid_use, "--secret-file: " + bytes.error().message};
  std::string secret(as_text(*bytes));
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

Result<std::vector<std::string>> find_secrets(const AuthSettings& settings) {
  Result<std::vector<std::string>> secrets = read_secrets(settings.secret_file);
  if (!secrets) return secrets;
  if (secrets->empty() || secrets->front().empty()) {
    return Error{Errc::invalid_use,
                 "--auth better-auth needs the secret that Better Auth signs its cookies with: set "
                 "BETTER_AUTH_SECRET to what the app has, or name a file with it (--secret-file)"};
  }
  for (const std::string& secret : *secrets) {
    if (secret == public_secret) {
      return Error{Errc::invalid_use,
                   "the secret is the default one of Better Auth, with which anybody can sign a cookie: give "
                   "the app and this server a secret of their own in BETTER_AUTH_SECRET"};
    }
  }
  return secrets;
}

Result<auth::RoleMap> parse_roles(const char* option, std::string_view text) {
  Result<auth::RoleMap> map = auth::RoleMap::parse(text);
  if (!map) return Error{Errc::invalid_use, std::string(option) + ": " + map.error().message};
  return map;
}

Result<auth::PermissionRules> permission_rules(const AuthSettings& settings) {
  auth::PermissionRules rules;
  rules.kind = settings.permissions == "diagram" ? auth::PermissionRules::Kind::diagram
               : settings.permissions == "sql"   ? auth::PermissionRules::Kind::sql
                                                 : auth::PermissionRules::Kind::role;
  const std::string_view map =
      settings.role_permissions.empty() ? auth::app_roles : std::string_view(settings.role_permissions);
  Result<auth::RoleMap> roles = parse_roles("--role-permissions", map);
  if (!roles) return roles.error();
  rules.roles = std::move(*roles);
  rules.default_role = settings.default_role;
  Result<auth::RoleMap> organization_roles =
      parse_roles("--organization-role-permissions", settings.organization_role_permissions);
  if (!organization_roles) return organization_roles.error();
  rules.organization_roles = std::move(*organization_roles);
  rules.query = settings.permission_query;
  if (rules.kind == auth::PermissionRules::Kind::sql && rules.query.empty()) {
    return Error{Errc::invalid_use,
                 "--permissions sql needs --permission-query, for example \"SELECT action FROM grants WHERE "
                 "user_id = $1 AND diagram_id = $2\""};
  }
  return rules;
}

Result<auth::OriginRules> origin_rules(const AuthSettings& settings) {
  auth::OriginRules rules;
  for (const auto& [option, list] :
       {std::pair{"--base-url (BETTER_AUTH_URL)", &settings.base_url},
        std::pair{"--trusted-origins (BETTER_AUTH_TRUSTED_ORIGINS)", &settings.trusted_origins},
        std::pair{"--allowed-origins (WS_ALLOWED_ORIGINS)", &settings.allowed_origins}}) {
    if (const Result<void> added = rules.add(*list); !added)
      return Error{Errc::invalid_use, std::string(option) + ": " + added.error().message};
  }
  return rules;
}

bool is_https(const std::string& url) {
  constexpr std::string_view scheme = "https:";
  return url.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), url.begin(), [](char wanted, char c) {
           return wanted == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
         });
}

// Better Auth signs its JWTs with its base URL as issuer, without a slash at the end.
std::string issuer_of(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

void warn_of(const auth::BetterAuthOptions& options) {
  if (options.claims.secrets.front().size() < min_good_secret_bytes)
    log::warning("auth.secret_is_short", {{"bytes", options.claims.secrets.front().size()}});
  if (options.origins.allows_everybody()) {
    log::warning("auth.every_origin_allowed",
                 {{"meaning", "any web page that a user visits may edit with that user's cookie"}});
  }
  if (options.origins.is_empty()) {
    log::warning("auth.no_origin_allowed",
                 {{"meaning",
                   "no cookie is taken, because no web page is known to be the app's: set BETTER_AUTH_URL or "
                   "WS_ALLOWED_ORIGINS"}});
  }
}

}  // namespace

AuthSettings::Kind AuthSettings::kind_for(const db::Database& documents) const {
  if (!kind.empty()) return kind == "guest" ? Kind::guest : Kind::better_auth;
  return documents.kind == db::Database::Kind::sqlite ? Kind::guest : Kind::better_auth;
}

void declare_auth_options(CLI::App& command, AuthSettings& settings) {
  command
      .add_option("--auth", settings.kind,
                  "Who is let in: better-auth, people with a valid session who have diagram:view; or guest, "
                  "everybody who can reach the port. Default: guest with sqlite:FILE, better-auth with "
                  "PostgreSQL")
      ->check(CLI::IsMember({"better-auth", "guest"}));
  command
      .add_option(
          "--auth-database", settings.database,
          "Where Better Auth keeps its tables, in the forms of --database. Default: the same database")
      ->envname("WS_AUTH_DATABASE_URL");
  command
      .add_option("--auth-names", settings.names,
                  "Tables and columns of Better Auth that are named otherwise, for example "
                  "\"session=auth_session, user.role=app_role\"; camelCase, snake_case and plurals are found "
                  "without it")
      ->envname("WS_AUTH_NAMES");
  command
      .add_option("--permissions", settings.permissions,
                  "What decides who may do what: role, the user's role alone; diagram, the tables of "
                  "migrate --with-diagrams (owner, members, organization, visibility, share links), capped "
                  "by the role; sql, --permission-query")
      ->envname("WS_PERMISSIONS")
      ->check(CLI::IsMember({"role", "diagram", "sql"}))
      ->capture_default_str();
  command
      .add_option("--role-permissions", settings.role_permissions,
                  "What each role may do with diagrams; one that is not named may do nothing. Default: \"" +
                      std::string(auth::app_roles) + "\"")
      ->envname("WS_ROLE_PERMISSIONS");
  command.add_option("--default-role", settings.default_role, "The role of a user who has none")
      ->envname("WS_DEFAULT_ROLE")
      ->capture_default_str();
  command
      .add_option("--organization-role-permissions", settings.organization_role_permissions,
                  "What the roles of Better Auth's organizations may do with the diagrams of their "
                  "organization, with --permissions diagram")
      ->envname("WS_ORGANIZATION_ROLE_PERMISSIONS")
      ->capture_default_str();
  command
      .add_option("--permission-query", settings.permission_query,
                  "SQL for --permissions sql: $1 is the user's id and $2 the document's name, both text; it "
                  "returns actions (view, edit) as text, or columns view and edit")
      ->envname("WS_PERMISSION_QUERY");
  command
      .add_option(
          "--base-url", settings.base_url,
          "The app's own URL: its origin may use cookies; with https only the __Secure- cookie counts; "
          "JWTs are issued by it")
      ->envname("BETTER_AUTH_URL");
  command
      .add_option("--trusted-origins", settings.trusted_origins,
                  "More origins whose pages may use cookies, parted by commas, with * as a wildcard")
      ->envname("BETTER_AUTH_TRUSTED_ORIGINS");
  command.add_option("--allowed-origins", settings.allowed_origins, "The same")
      ->envname("WS_ALLOWED_ORIGINS");
  command.add_option("--cookie-prefix", settings.cookie_prefix, "The cookiePrefix of the app's Better Auth")
      ->envname("WS_COOKIE_PREFIX")
      ->capture_default_str();
  command.add_option("--secret-file", settings.secret_file,
                     "A file with the secret of Better Auth. Default: BETTER_AUTH_SECRETS, "
                     "BETTER_AUTH_SECRET or AUTH_SECRET in the environment");
  command.add_flag("--accept-old-secrets", settings.accept_old_secrets,
                   "Take cookies that were signed with any of BETTER_AUTH_SECRETS, not only the first");
  command
      .add_flag("--allow-session-token-in-url", settings.allow_session_token_in_url,
                "Take session tokens in ?token=, ?access_token=, ?session_token= and x-session-token. "
                "Proxies log URLs; one-time tokens and JWTs are taken in ?token= anyway")
      ->envname("WS_ALLOW_SESSION_TOKEN_IN_URL");
  command
      .add_option("--placeholder-tokens", settings.placeholder_tokens,
                  "Tokens of Hocuspocus clients that mean: look at the cookie")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--recheck-interval", settings.recheck_interval,
                  "How often the sessions and permissions of everybody who is connected are looked at again; "
                  "with the triggers of migrate --with-triggers changes are seen at once")
      ->envname("WS_RECHECK_INTERVAL")
      ->capture_default_str();
}

Result<std::vector<std::string>> read_secrets(const std::string& secret_file) {
  if (!secret_file.empty()) {
    Result<std::string> secret = read_secret_file(secret_file);
    if (!secret) return secret.error();
    return std::vector{std::move(*secret)};
  }
  if (const std::string list = environment("BETTER_AUTH_SECRETS"); !list.empty()) return parse_secrets(list);
  for (const char* name : {"BETTER_AUTH_SECRET", "AUTH_SECRET"}) {
    if (std::string secret = environment(name); !secret.empty()) return std::vector{std::move(secret)};
  }
  return std::vector<std::string>{};
}

Result<std::optional<std::vector<std::string>>> operator_secrets(const AuthSettings& settings,
                                                                 const db::Database& documents) {
  if (settings.kind_for(documents) == AuthSettings::Kind::guest) return std::nullopt;
  Result<std::vector<std::string>> secrets = find_secrets(settings);
  if (!secrets) return secrets.error();
  if (!settings.accept_old_secrets) secrets->resize(1);
  return std::optional(std::move(*secrets));
}

Result<auth::BetterAuthOptions> better_auth_options(const AuthSettings& settings) {
  auth::BetterAuthOptions options;
  Result<std::vector<std::string>> secrets = find_secrets(settings);
  if (!secrets) return secrets.error();
  options.claims.secrets = std::move(*secrets);
  options.claims.accept_old_secrets = settings.accept_old_secrets;
  options.claims.cookie_prefix = settings.cookie_prefix;
  options.claims.secure_cookie_only = is_https(settings.base_url);
  options.claims.allow_session_token_in_url = settings.allow_session_token_in_url;
  options.claims.placeholder_tokens = settings.placeholder_tokens;
  Result<auth::OriginRules> origins = origin_rules(settings);
  if (!origins) return origins.error();
  options.origins = std::move(*origins);
  options.jwt.base_url = issuer_of(settings.base_url);
  Result<auth::PermissionRules> permissions = permission_rules(settings);
  if (!permissions) return permissions.error();
  options.permissions = std::move(*permissions);
  const auto interval = parse_duration(settings.recheck_interval);
  if (!interval) return Error{Errc::invalid_use, "--recheck-interval: " + interval.error().message};
  if (interval->count() < 1)
    return Error{Errc::invalid_use, "--recheck-interval has to be one second or more"};
  options.recheck_interval = *interval;
  return options;
}

Result<auth::DirectoryOptions> directory_options(const AuthSettings& settings,
                                                 const db::Database& documents) {
  auth::DirectoryOptions options{documents, settings.names, auth::PermissionRules::Kind::role,
                                 settings.permission_query};
  if (!settings.database.empty()) {
    Result<db::Database> database = db::parse_database(settings.database);
    if (!database) return Error{Errc::invalid_use, "--auth-database: " + database.error().message};
    options.database = std::move(*database);
  }
  const Result<auth::PermissionRules> rules = permission_rules(settings);
  if (!rules) return rules.error();
  options.permissions = rules->kind;
  return options;
}

Result<void> check_auth(const AuthSettings& settings, const db::Database& documents) {
  if (settings.kind_for(documents) == AuthSettings::Kind::guest) return {};
  if (const auto options = better_auth_options(settings); !options) return options.error();
  if (const auto directory = directory_options(settings, documents); !directory) return directory.error();
  return {};
}

Result<std::unique_ptr<auth::Gatekeeper>> make_gatekeeper(const AuthSettings& settings,
                                                          const db::Database& documents) {
  if (settings.kind_for(documents) == AuthSettings::Kind::guest) return auth::make_guest_gatekeeper();
  Result<auth::BetterAuthOptions> options = better_auth_options(settings);
  if (!options) return options.error();
  const Result<auth::DirectoryOptions> directory = directory_options(settings, documents);
  if (!directory) return directory.error();
  const Result<std::unique_ptr<auth::DirectoryOpener>> opener = auth::inspect_directory(*directory);
  if (!opener) return opener.error();
  warn_of(*options);
  const auth::DirectoryLayout& layout = (*opener)->layout();
  log::info("auth.better_auth", {{"database", directory->database.description()},
                                 {"permissions", settings.permissions},
                                 {"triggers", layout.has_feed},
                                 {"recheck_seconds", options->recheck_interval.count()}});
  return auth::make_better_auth_gatekeeper(std::move(*options), **opener,
                                           [] { return std::chrono::system_clock::now(); });
}

}  // namespace canvas
