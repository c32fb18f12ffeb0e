// The options that say who is let in, and the gatekeeper that they make.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/better_auth.h"
#include "auth/directory.h"
#include "auth/gatekeeper.h"
#include "db/database.h"

namespace CLI {
class App;
}

namespace canvas {

struct AuthSettings {
  enum class Kind { guest, better_auth };

  std::string kind;      // empty: see kind_for
  std::string database;  // empty: that of the documents
  std::string names;
  std::string permissions = "role";
  std::string role_permissions;  // empty: the app's
  std::string default_role = "editor";
  std::string organization_role_permissions = "owner=*; admin=view,edit; member=view";
  std::string permission_query;
  std::string base_url;
  std::string trusted_origins;
  std::string allowed_origins;
  std::string cookie_prefix = "better-auth";
  std::string secret_file;
  bool accept_old_secrets = false;
  bool allow_session_token_in_url = false;
  std::vector<std::string> placeholder_tokens = auth::ClaimRules{}.placeholder_tokens;
  std::string recheck_interval = "15s";

  // Guests are the default for a file, which is how one tries the server out; never for a PostgreSQL
  // database, which is where an app keeps the documents of its users.
  Kind kind_for(const db::Database& documents) const;
};

// Declares --auth and all that goes with it, bound to `setting`, which outlives `command`.
void declare_auth_options(CLI::App& command, AuthSettings& settings);

// The secrets of Better Auth: of the file when one is named, else of the environment; may be none. The first
// is the one in use. Fails with Errc::invalid_use.
Result<std::vector<std::string>> read_secrets(const std::string& secret_file);

// With which of them operators prove themselves to the server; none: guests need no proof, nor do operators.
Result<std::optional<std::vector<std::string>>> operator_secrets(const AuthSettings& settings,
                                                                 const db::Database& documents);

// What only makes sense to a Better Auth gatekeeper. Fails with Errc::invalid_use, naming the option or the
// variable of the environment; the secrets are read from there.
Result<auth::BetterAuthOptions> better_auth_options(const AuthSettings& settings);

// Where users and sessions are looked up.
Result<auth::DirectoryOptions> directory_options(const AuthSettings& settings, const db::Database& documents);

// Fails with Errc::invalid_use on what is wrong with the settings alone.
Result<void> check_auth(const AuthSettings& settings, const db::Database& documents);

// Fails as the above and as auth::inspect_directory do.
Result<std::unique_ptr<auth::Gatekeeper>> make_gatekeeper(const AuthSettings& settings,
                                                          const db::Database& documents);

}  // namespace canvas
