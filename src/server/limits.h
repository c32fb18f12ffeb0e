// The numbers that bound a client.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "room/limits.h"

namespace canvas::server {

// 0 means no limit, but for the sizes of messages.
struct ClientLimits {
  // Of one user, over all addresses. Known once it has been let in.
  std::size_t max_connections_per_user = 100;
  // Of one address (an IPv6 network of 64 bits counts as one). Not for who is on this machine.
  std::size_t max_connections_per_address = 1000;
  std::size_t max_attempts_per_address = 600;  // to connect, a minute
  std::size_t max_failures_per_address = 60;   // credentials that are none, a minute
  std::size_t max_lookups_per_address = 200;   // credentials that are being looked up

  // Before a client has been let in to any document it may send no longer message than this.
  std::size_t max_message_bytes_before_admission = 5u << 20;
  std::size_t max_message_bytes = 50u << 20;

  // What a client may send to documents that are not open to it yet (authentication, loading), over all of
  // them, and how many documents may be waiting for the gatekeeper's answer.
  std::size_t max_pending_bytes = 5u << 20;
  std::size_t max_pending_messages = 1000;
  std::size_t max_pending_bytes_in_all = 256u << 20;  // over all clients
  std::size_t max_pending_documents = 100;
  // On one socket.
  std::size_t max_documents = 1000;

  // Of one connection. Past the rate its socket is not read for a while; the burst comes on top, once.
  std::size_t max_updates_per_second = 100;
  std::size_t update_burst = 200;
  // The same for what makes the server send a document or ask the gatekeeper: Step1, tokens, documents that
  // are closed. At once it may be ten times as many: a client may have very many documents.
  std::size_t max_requests_per_second = 200;
  // Of one connection. Past the rate only the newest state of each awareness client is passed on.
  std::size_t max_awareness_per_second = 30;

  // From the handshake to the first document.
  std::chrono::seconds admission_timeout{60};
  // A client whose socket is silent for 30 s reconnects: we are never silent for longer than this.
  std::chrono::seconds keep_alive_interval{20};
};

// The limits by the names of their options, for people and for metrics.
namespace limit {
inline constexpr std::string_view connections_per_user = "max-connections-per-user";
inline constexpr std::string_view connections_per_address = "max-connections-per-address";
inline constexpr std::string_view idle_per_address = "max-idle-per-address";
inline constexpr std::string_view attempts_per_address = "max-attempts-per-address";
inline constexpr std::string_view failures_per_address = "max-failures-per-address";
inline constexpr std::string_view lookups_per_address = "max-lookups-per-address";
inline constexpr std::string_view early_message_bytes = "max-early-message-bytes";
inline constexpr std::string_view pending_bytes_in_all = "max-pending-bytes-in-all";
inline constexpr std::string_view requests_per_second = "max-requests-per-second";
inline constexpr std::string_view message_bytes = "max-message-bytes";
inline constexpr std::string_view pending_bytes = "max-pending-bytes";
inline constexpr std::string_view pending_messages = "max-pending-messages";
inline constexpr std::string_view pending_documents = "max-pending-documents";
inline constexpr std::string_view documents = "max-documents-per-connection";
inline constexpr std::string_view updates_per_second = "max-updates-per-second";
inline constexpr std::string_view update_burst = "update-burst";
inline constexpr std::string_view awareness_per_second = "max-awareness-per-second";
inline constexpr std::string_view admission_timeout = "admission-timeout";
inline constexpr std::string_view document_bytes = room::document_bytes_limit;
inline constexpr std::string_view encoded_bytes = room::encoded_bytes_limit;
inline constexpr std::string_view waiting_bytes = room::waiting_bytes_limit;
inline constexpr std::string_view rooms = "max-rooms";
}  // namespace limit

// What each is set to.
std::vector<std::pair<std::string_view, double>> limit_values(const ClientLimits& client,
                                                              const room::Limits& room,
                                                              const net::HttpLimits& http);

// Says that a limit is reached: "limit: 100 connections a user (--max-connections-per-user)".
Error limit_reached(std::string_view limit, std::size_t value, std::string_view what);

}  // namespace canvas::server
