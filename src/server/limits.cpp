#include "server/limits.h"

namespace canvas::server {

std::vector<std::pair<std::string_view, double>> limit_values(const ClientLimits& client,
                                                              const room::Limits& room,
                                                              const net::HttpLimits& http) {
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  return {
      {limit::connections_per_user, number(client.max_connections_per_user)},
      {limit::connections_per_address, number(client.max_connections_per_address)},
      {limit::idle_per_address, number(http.max_idle_per_address)},
      {limit::attempts_per_address, number(client.max_attempts_per_address)},
      {limit::failures_per_address, number(client.max_failures_per_address)},
      {limit::lookups_per_address, number(client.max_lookups_per_address)},
      {limit::early_message_bytes, number(client.max_message_bytes_before_admission)},
      {limit::pending_bytes_in_all, number(client.max_pending_bytes_in_all)},
      {limit::requests_per_second, number(client.max_requests_per_second)},
      {limit::message_bytes, number(client.max_message_bytes)},
      {limit::pending_bytes, number(client.max_pending_bytes)},
      {limit::pending_messages, number(client.max_pending_messages)},
      {limit::pending_documents, number(client.max_pending_documents)},
      {limit::documents, number(client.max_documents)},
      {limit::updates_per_second, number(client.max_updates_per_second)},
      {limit::update_burst, number(client.update_burst)},
      {limit::awareness_per_second, number(client.max_awareness_per_second)},
      {limit::admission_timeout, static_cast<double>(client.admission_timeout.count())},
      {limit::document_bytes, number(room.max_document_bytes)},
      {limit::encoded_bytes, number(room.max_encoded_bytes)},
      {limit::waiting_bytes, number(room.max_pending_bytes)},
      {limit::rooms, number(room.max_rooms)},
  };
}

Error limit_reached(std::string_view limit, std::size_t value, std::string_view what) {
  std::string message = "limit: ";
  message.append(std::to_string(value)).append(" ").append(what).append(" (--").append(limit).append(")");
  return {Errc::too_large, std::move(message)};
}

}  // namespace canvas::server
