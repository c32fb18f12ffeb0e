#include "main/doctor.h"

#include <chrono>
#include <iostream>

#include "auth/lookup.h"
#include "auth/signature.h"
#include "base/terminal_text.h"
#include "base/time_text.h"
#include "log/log.h"
#include "main/auth_options.h"
#include "main/config_file.h"
#include "main/console.h"
#include "main/files.h"
#include "main/store_options.h"

namespace canvas {
namespace {

struct DoctorSettings {
  DatabaseSetting database;
  AuthSettings auth;
  std::string credential_file;
  std::string document = "doctor";
};

constexpr const char* doctor_manual =
    R"(Looks at everything that serve needs, with the same options and the same environment, and changes nothing:
the settings, the database and its tables, the tables of Better Auth, the permissions. Each finding is a line;
what is wrong is followed by what to do. The exit code is 1 when something is wrong.

--credential looks somebody up as serve would: the file has what a client sends, a Cookie header, a token, or
"Bearer TOKEN". It is not printed. A one-time token is used up by it.

Examples:
  canvas-ws doctor
  canvas-ws doctor --credential - --document plan < cookie.txt)";

constexpr std::size_t max_credential_bytes = 64u << 10;

// Prints findings, and remembers whether one was bad.
class Findings {
public:
  void good(std::string_view what) { print("ok    ", what); }
  void note(std::string_view what) { print("note  ", what); }
  void bad(std::string_view what) {
    print("WRONG ", what);
    is_well_ = false;
  }
  bool is_well() const { return is_well_; }

private:
  static void print(std::string_view mark, std::string_view what) {
    std::cout << mark << printable(what) << std::endl;
  }

  bool is_well_ = true;
};

void examine_tables(const db::Database& database, Findings& findings) {
  const auto missing = store::migrate(database, store::Migration::plan);
  if (!missing) return findings.bad("documents, " + database.description() + ": " + missing.error().message);
  if (missing->empty())
    return findings.good("documents: the tables of " + database.description() + " are there");
  const std::string what = "documents: the tables of " + database.description() + " are missing or old: ";
  if (database.kind == db::Database::Kind::sqlite) return findings.note(what + "serve makes them");
  findings.bad(what + "run canvas-ws migrate");
}

void examine_settings(const auth::BetterAuthOptions& options, const AuthSettings& settings,
                      Findings& findings) {
  findings.good("settings: there is a secret, of " +
                count_text(options.claims.secrets.front().size(), "byte"));
  if (options.origins.is_empty()) {
    findings.bad(
        "settings: no page may use a cookie, because no origin is allowed: set BETTER_AUTH_URL to the app's "
        "URL, or WS_ALLOWED_ORIGINS");
  } else if (options.origins.allows_everybody()) {
    findings.bad(
        "settings: every origin is allowed, so any page that a user visits can edit with the user's cookie: "
        "name the app's origins in place of *");
  } else {
    findings.good("settings: pages of the allowed origins may use cookies");
  }
  if (settings.base_url.empty()) findings.note("settings: without BETTER_AUTH_URL no JWTs are taken");
  findings.note(options.claims.secure_cookie_only
                    ? "settings: only the __Secure- cookie is taken, because the app is on https"
                    : "settings: the cookie is taken with and without __Secure-");
}

void examine_layout(const auth::DirectoryLayout& layout, Findings& findings) {
  for (const std::string& line : layout.description) findings.good("Better Auth: " + line);
  if (!layout.has_roles)
    findings.note("Better Auth: users have no roles (no admin plugin): each has the default role");
  if (!layout.has_bans) findings.note("Better Auth: users cannot be banned (no admin plugin)");
  if (layout.has_triggers) {
    findings.good("Better Auth: triggers tell of changes at once");
  } else if (!layout.has_feed) {
    findings.note(
        "Better Auth: no triggers, changes are seen at the next recheck: canvas-ws migrate --with-triggers "
        "makes that at once (PostgreSQL)");
  }
}

// Somebody whom nobody can be: only the statements are tried.
void try_lookup(auth::Directory& directory, const auth::BetterAuthOptions& options, Findings& findings) {
  const auto began = std::chrono::steady_clock::now();
  const std::vector<std::string> token{std::string(32, '-')};
  const auto sessions = directory.find_sessions(token);
  if (!sessions) return findings.bad("look-up: sessions cannot be read: " + sessions.error().message);
  const auth::User nobody{"nobody", std::string("no role"), false, {}};
  const auth::Question question{&nobody, "doctor", ""};
  if (const auto actions = find_actions(directory, options.permissions, {&question, 1}); !actions)
    return findings.bad("look-up: permissions cannot be read: " + actions.error().message);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  findings.good("look-up: a session and a permission can be asked for, in " +
                std::to_string(took.count() / 1000) + "." + std::to_string(took.count() / 100 % 10) + " ms");
}

auth::Credentials credentials_from(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auth::Credentials credentials;
  if (text.starts_with("Cookie:")) text.erase(0, 7);
  if (text.find('=') != std::string::npos && text.find("session_token=") != std::string::npos) {
    credentials.cookie = std::move(text);
  } else if (text.starts_with("Bearer ")) {
    credentials.authorization = std::move(text);
  } else {
    credentials.token = std::move(text);
  }
  return credentials;
}

std::string describe(const auth::Finding& finding, const std::string& document) {
  const std::string may = finding.actions.view ? (finding.actions.edit ? "edit" : "only view") : "not see";
  std::string text = "credential: user " + finding.identity.user_id;
  if (!finding.identity.session_id.empty()) text += ", session " + finding.identity.session_id;
  if (!finding.identity.impersonated_by.empty())
    text += ", impersonated by " + finding.identity.impersonated_by;
  text += ", until " + format_time(finding.expires_at) + ", may " + may + " document '" + document + "'";
  return text;
}

void try_credential(const DoctorSettings& settings, std::unique_ptr<auth::Directory> directory,
                    const auth::BetterAuthOptions& options, Findings& findings) {
  const Result<Bytes> bytes = read_file(settings.credential_file, max_credential_bytes);
  if (!bytes) return findings.bad("credential: " + bytes.error().message);
  const auth::Claim claim = read_claim(credentials_from(std::string(as_text(*bytes))), options.claims);
  if (claim.kind == auth::Claim::Kind::none) return findings.bad("credential: there is none in the file");
  if (claim.kind == auth::Claim::Kind::bad) return findings.bad("credential: " + claim.value);
  auth::Lookup lookup(std::move(directory), options, [] { return std::chrono::system_clock::now(); });
  const auth::Inquiry inquiry{claim, settings.document, ""};
  const Result<auth::Finding> finding = lookup.answer({&inquiry, 1}).front();
  if (!finding) return findings.bad("credential: " + finding.error().message);
  findings.good(describe(*finding, settings.document));
}

void examine_access(const DoctorSettings& settings, const db::Database& database, Findings& findings) {
  if (settings.auth.kind_for(database) == AuthSettings::Kind::guest) {
    return findings.note(
        "access: guests: everybody who can reach the port may read and change every document");
  }
  const auto options = better_auth_options(settings.auth);
  if (!options) return findings.bad("settings: " + options.error().message);
  examine_settings(*options, settings.auth, findings);
  const auto directory = directory_options(settings.auth, database);
  if (!directory) return findings.bad("settings: " + directory.error().message);
  const auto opener = auth::inspect_directory(*directory);
  if (!opener) return findings.bad("Better Auth: " + opener.error().message);
  examine_layout((*opener)->layout(), findings);
  try_lookup(*(*opener)->open(), *options, findings);
  if (!settings.credential_file.empty()) try_credential(settings, (*opener)->open(), *options, findings);
}

int examine(const DoctorSettings& settings) {
  log::set_level(log::Level::off);  // what goes wrong is in the findings
  const auto database = settings.database.parse();
  if (!database) return fail(database.error());
  Findings findings;
  examine_tables(*database, findings);
  examine_access(settings, *database, findings);
  std::cout << (findings.is_well() ? "all is well\n" : "something is wrong\n");
  return findings.is_well() ? succeeded : failed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Command& chosen) {
  const auto [command, settings] = add_command<DoctorSettings>(
      app, chosen, "doctor", "Check the settings, the database and the tables of Better Auth", examine);
  declare_config_file(*command, *app.get_subcommand("serve"));
  declare_database_option(*command, settings->database);
  declare_auth_options(*command, settings->auth);
  command->add_option("--credential", settings->credential_file,
                      "A file with a Cookie header or a token to look up; - for standard input");
  command->add_option("--document", settings->document, "What to look up permissions on, with --credential")
      ->capture_default_str();
  command->footer(doctor_manual);
}

}  // namespace canvas
