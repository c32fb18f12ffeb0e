#include "main/limit_options.h"

#include <CLI/CLI.hpp>

#include "base/time_text.h"

namespace canvas {
namespace {

// The numbers of one group of the manual.
class Group {
public:
  Group(CLI::App& command, std::string name) : command_(command), name_(std::move(name)) {}

  void number(const char* option, std::size_t& value, const char* help) {
    command_.add_option(option, value, help)->capture_default_str()->group(name_);
  }
  const std::string& name() const { return name_; }

private:
  CLI::App& command_;
  const std::string name_;
};

void declare_connection_limits(CLI::App& command, LimitSettings& settings) {
  server::ClientLimits& client = settings.client;
  Group group(command, "Limits of connections (0: none)");
  group.number("--max-connections-per-user", client.max_connections_per_user,
               "Refuse a further connection of one user: closed with 1013 or answered 429");
  group.number(
      "--max-connections-per-address", client.max_connections_per_address,
      "Answer a further connection from one address with 429. An IPv6 network of 64 bits counts as one "
      "address; who is on this machine itself is not counted, here and in the next two");
  group.number("--max-attempts-per-address", client.max_attempts_per_address,
               "Answer more attempts a minute to connect from one address with 429");
  group.number(
      "--max-failures-per-address", client.max_failures_per_address,
      "After so many wrong credentials a minute from one address refuse all that is shown from there, "
      "without a look at it");
  group.number("--max-lookups-per-address", client.max_lookups_per_address,
               "Refuse (try again) a further credential of one address while so many are being looked up");
  group.number("--max-idle-per-address", settings.http.max_idle_per_address,
               "Drop further connections of one address that have not become WebSockets yet. Not for "
               "--trusted-proxies");
  group.number("--max-documents-per-connection", client.max_documents,
               "Close a connection that opens more documents (1008)");
}

void declare_admission_limits(CLI::App& command, LimitSettings& settings) {
  server::ClientLimits& client = settings.client;
  Group group(command, "Limits of who is not let in yet (0: none)");
  command
      .add_option(
          "--admission-timeout", settings.admission_timeout,
          "Close a connection that has opened no document by then: 30s, 2m (1013, or 4401 or 4403 after "
          "a refusal)")
      ->capture_default_str()
      ->group(group.name());
  group.number("--max-early-message-bytes", client.max_message_bytes_before_admission,
               "Close a connection that sends a longer message before it is let in (1009)");
  group.number("--max-pending-bytes-in-all", client.max_pending_bytes_in_all,
               "Close a connection that sends to documents that are not open to it yet while more of all "
               "connections waits (1008)");
  group.number("--max-pending-bytes", client.max_pending_bytes,
               "Close a connection that sends more to documents that are not open to it yet (1008)");
  group.number("--max-pending-messages", client.max_pending_messages,
               "Close a connection that sends more messages to documents that are not open to it yet (1008)");
  group.number("--max-pending-documents", client.max_pending_documents,
               "Close a connection that asks for more documents before it is known whether it may (1008)");
}

void declare_rates(CLI::App& command, LimitSettings& settings) {
  server::ClientLimits& client = settings.client;
  Group group(command, "Rates and sizes (0: none)");
  group.number("--max-updates-per-second", client.max_updates_per_second,
               "Read a connection that sends more updates no faster than this; nothing is lost");
  group.number(
      "--max-requests-per-second", client.max_requests_per_second,
      "Read a connection that asks for documents, or shows tokens, more often no faster than this; ten "
      "times as many may come at once");
  group.number("--update-burst", client.update_burst, "So many updates may come at once before that");
  group.number("--max-awareness-per-second", client.max_awareness_per_second,
               "Of a connection that sends presence more often pass on the newest only");
  group.number(
      "--max-encoded-bytes", settings.room.max_encoded_bytes,
      "Refuse edits that would make a document, with what is left of what was deleted, larger than this "
      "when it is encoded");
  command
      .add_option("--max-waiting-bytes", settings.room.max_pending_bytes,
                  "Refuse edits of a document that build on others which never came, past so much of them")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group.name());
  group.number("--max-rooms", settings.room.max_rooms,
               "Refuse to open further documents (1013) while so many are in memory");
}

}  // namespace

void declare_limit_options(CLI::App& command, LimitSettings& settings) {
  declare_connection_limits(command, settings);
  declare_admission_limits(command, settings);
  declare_rates(command, settings);
  command
      .add_option("--trusted-proxies", settings.trusted_proxies,
                  "Comma list of addresses and blocks (10.0.0.0/8) whose X-Forwarded-For and X-Real-IP say "
                  "where a client is")
      ->envname("WS_TRUSTED_PROXIES")
      ->capture_default_str();
}

Result<void> LimitSettings::apply(server::Options& options) const {
  const auto trusted = server::TrustedProxies::parse(trusted_proxies);
  if (!trusted) return Error{Errc::invalid_use, "--trusted-proxies: " + trusted.error().message};
  const auto timeout = parse_duration(admission_timeout);
  if (!timeout) return Error{Errc::invalid_use, "--admission-timeout: " + timeout.error().message};
  options.trusted_proxies = *trusted;
  options.client = client;
  options.client.admission_timeout = *timeout;
  options.room = room;
  options.http = http;
  return {};
}

}  // namespace canvas
