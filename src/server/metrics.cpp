#include "server/metrics.h"

#include <prometheus/text_serializer.h>

#include "server/audit.h"

namespace canvas::server {

Metrics::Metrics(const std::vector<std::pair<std::string_view, double>>& limits)
    : accepted_(counter("canvas_ws_access_accepted_total", "Documents that were opened to a client")),
      refused_(
          family("canvas_ws_access_refused_total", "Documents that were refused to a client, by reason")),
      revoked_(family("canvas_ws_access_revoked_total", "Open documents that were taken from a client")),
      access_changed_(counter("canvas_ws_access_changed_total",
                              "Open documents that became read-only or writable for a client")),
      limit_hits_(family("canvas_ws_limit_hits_total", "How often a limit was reached, by limit")),
      malformed_(counter("canvas_ws_input_malformed_total", "Connections closed for what they sent")),
      gatekeeper_failures_(counter("canvas_ws_gatekeeper_failures_total",
                                   "Questions about access that could not be answered")),
      updates_(counter("canvas_ws_updates_received_total", "Updates that clients sent")),
      awareness_(counter("canvas_ws_awareness_received_total", "Awareness messages that clients sent")),
      awareness_coalesced_(counter("canvas_ws_awareness_coalesced_total",
                                   "Awareness messages that were held back, to send the newest only")),
      pauses_(counter("canvas_ws_pauses_total", "How often a connection was not read for a while")),
      connections_(gauge("canvas_ws_connections", "Open connections")),
      paused_connections_(gauge("canvas_ws_paused_connections", "Connections that are not read now")),
      documents_(gauge("canvas_ws_documents", "Open documents, each of each connection")),
      rooms_(gauge("canvas_ws_rooms", "Documents in memory")),
      read_only_rooms_(gauge("canvas_ws_read_only_rooms", "Documents in memory that nobody may write to")),
      backlog_bytes_(gauge("canvas_ws_backlog_bytes", "Updates that wait for the database")) {
  auto& family =
      prometheus::BuildGauge().Name("canvas_ws_limit").Help("What a limit is set to").Register(registry_);
  for (const auto& [name, value] : limits) family.Add({{"limit", std::string(name)}}).Set(value);
}

Metrics::Counters& Metrics::family(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
}

prometheus::Gauge& Metrics::gauge(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add({});
}

void Metrics::refused(Errc reason) {
  refused_.Add({{"reason", std::string(reason_of(reason))}}).Increment();
}

void Metrics::revoked(Errc reason) {
  revoked_.Add({{"reason", std::string(reason_of(reason))}}).Increment();
}

void Metrics::limit_hit(std::string_view limit, std::uint64_t times) {
  limit_hits_.Add({{"limit", std::string(limit)}}).Increment(static_cast<double>(times));
}

std::string Metrics::text(const Now& now) {
  connections_.Set(static_cast<double>(now.connections));
  paused_connections_.Set(static_cast<double>(now.paused_connections));
  documents_.Set(static_cast<double>(now.documents));
  rooms_.Set(static_cast<double>(now.rooms));
  read_only_rooms_.Set(static_cast<double>(now.read_only_rooms));
  backlog_bytes_.Set(static_cast<double>(now.backlog_bytes));
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace canvas::server
