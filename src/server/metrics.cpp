#include "server/metrics.h"

#include <prometheus/gauge.h>

#include "server/audit.h"
#include "server/exposition.h"

namespace canvas::server {
namespace {

constexpr std::array reasons{Errc::unauthenticated, Errc::forbidden, Errc::unavailable, Errc::too_large,
                             Errc::io};
constexpr std::array close_codes{net::CloseCode::unsupported_data, net::CloseCode::too_big,
                                 net::CloseCode::invalid_payload,  net::CloseCode::policy_violation,
                                 net::CloseCode::service_restart,  net::CloseCode::try_again_later,
                                 net::CloseCode::unauthorized,     net::CloseCode::forbidden};

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

std::string text_of(net::CloseCode code) {
  return std::to_string(static_cast<std::uint16_t>(code));
}

void show_connections(Exposition& out, const Observed& now) {
  out.gauge("canvas_ws_connections", "Open connections, by what they speak", "protocol",
            {{"hocuspocus", number(now.hocuspocus_connections)},
             {"y-websocket", number(now.y_websocket_connections)},
             {"unknown", number(now.silent_connections)}});
  out.gauge("canvas_ws_paused_connections", "Connections that are not read now, because they sent too fast",
            number(now.paused_connections));
  out.counter("canvas_ws_messages_received_total", "WebSocket messages that came",
              number(now.traffic.received_messages));
  out.counter("canvas_ws_received_bytes_total", "Bytes in WebSocket messages that came",
              number(now.traffic.received_bytes));
  out.counter("canvas_ws_sent_bytes_total", "Bytes that sockets have taken, of all kinds",
              number(now.traffic.sent_bytes));
  out.gauge("canvas_ws_socket_backlog_bytes", "Bytes that sockets have not taken yet",
            number(now.socket_backlog_bytes));
  out.gauge("canvas_ws_socket_backlog_largest_bytes", "The most that a single socket has not taken yet",
            number(now.largest_socket_backlog_bytes));
}

void show_rooms(Exposition& out, const Observed& now) {
  out.gauge("canvas_ws_rooms", "Documents in memory, or being loaded", number(now.rooms_with_loading));
  out.gauge("canvas_ws_read_only_rooms", "Documents in memory that nobody may write to, by reason", "reason",
            {{"damaged", number(now.read_only_rooms.damaged)},
             {"overloaded", number(now.read_only_rooms.overloaded)}});
  out.counter("canvas_ws_rooms_unloaded_total", "Documents that have left the memory",
              number(now.tally.rooms_unloaded));
  out.gauge("canvas_ws_members", "Open documents, each of each connection", number(now.members));
  Exposition::Labelled memory;
  memory.reserve(now.largest_rooms.size());
  for (const room::RoomMemory& room : now.largest_rooms)
    memory.emplace_back(std::to_string(memory.size() + 1), number(room.bytes));
  out.gauge("canvas_ws_room_memory_bytes",
            "Memory of the documents that take the most, by rank; GET /rooms names them", "rank", memory);
}

void show_updates(Exposition& out, const room::Tally& tally) {
  out.counter("canvas_ws_updates_taken_total", "Updates that brought something new, each a row of the log",
              number(tally.updates_taken));
  out.counter("canvas_ws_updates_sent_total", "Updates that were queued for a member, one for each",
              number(tally.updates_sent));
  Exposition::Labelled refused;
  refused.reserve(room::update_refusal_names.size());
  for (std::size_t i = 0; i < room::update_refusal_names.size(); ++i)
    refused.emplace_back(std::string(room::update_refusal_names[i]), number(tally.updates_refused[i]));
  out.counter("canvas_ws_updates_refused_total", "Updates that were not taken, by reason", "reason", refused);
  out.counter("canvas_ws_awareness_sent_total", "Awareness messages that were queued for a member",
              number(tally.awareness_sent));
  out.counter("canvas_ws_acknowledgments_sent_total", "Updates that Hocuspocus clients were told are saved",
              number(tally.acknowledgments));
}

void show_slow_readers(Exposition& out, const Observed& now) {
  out.gauge("canvas_ws_slow_members", "Members that read too slowly to be sent all updates now",
            number(now.slow_members));
  out.counter("canvas_ws_slow_differences_sent_total",
              "Differences that were sent to slow members instead of all that they had missed",
              number(now.tally.differences_sent));
  out.counter("canvas_ws_slow_members_closed_total", "Members that were too slow for too long",
              number(now.tally.members_given_up));
}

void show_database(Exposition& out, const Observed& now) {
  const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  out.gauge("canvas_ws_database_up", "Whether the database takes what it is given (1) or not (0)",
            now.database.ok ? 1 : 0);
  out.gauge("canvas_ws_database_away_seconds", "For how long nothing could be committed",
            now.database.away_for ? seconds(*now.database.away_for) : 0);
  if (now.database.latency) {
    out.gauge("canvas_ws_database_latency_seconds", "What the last commit or probe took",
              seconds(*now.database.latency));
  }
  out.gauge("canvas_ws_backlog_bytes", "Bytes of updates that wait for the database",
            number(now.backlog_bytes));
  out.gauge("canvas_ws_backlog_limit_bytes", "Past this all documents are read-only",
            number(now.max_backlog_bytes));
  out.gauge("canvas_ws_backlog_updates", "Updates that wait for the database",
            number(now.database.backlog_updates));
  const store::CommitStatistics& commits = now.store.commits;
  out.histogram("canvas_ws_commit_seconds", "Time of a transaction that committed a group of updates",
                commits.seconds);
  out.histogram("canvas_ws_commit_updates", "Updates in a group that was committed", commits.rows);
  out.histogram("canvas_ws_commit_wait_seconds",
                "Time from an update's arrival at the store to its commit, of the oldest of each group",
                commits.waits);
  out.counter("canvas_ws_commit_failures_total", "Transactions that failed and were tried again",
              number(commits.failures));
  out.counter("canvas_ws_updates_committed_total", "Updates that are on disk", number(commits.updates));
  out.counter("canvas_ws_committed_bytes_total", "Bytes of those", number(commits.bytes));
}

void show_documents(Exposition& out, const store::Statistics& store) {
  out.histogram("canvas_ws_load_seconds", "Time to read a document, with its wait for a connection",
                store.loads.seconds);
  out.counter("canvas_ws_load_failures_total", "Documents that could not be read",
              number(store.loads.failures));
  out.histogram("canvas_ws_compaction_seconds", "Time to fold a document's log, with its wait",
                store.compactions.seconds);
  out.counter("canvas_ws_compaction_failures_total", "Logs that could not be folded, and will be tried again",
              number(store.compactions.failures));
  out.counter("canvas_ws_compacted_rows_total", "Rows of logs that were folded",
              number(store.compacted_rows));
  out.counter("canvas_ws_compacted_log_bytes_total", "Bytes of those", number(store.compacted_log_bytes));
}

// By the names that all programs use.
void show_process(Exposition& out, const Observed& now) {
  out.histogram("canvas_ws_loop_lag_seconds", "How late a timer comes that is due ten times a second",
                now.loop_lag);
  if (!now.process) return;
  const ProcessUsage& process = *now.process;
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
            number(process.resident_bytes));
  out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", number(process.virtual_bytes));
  out.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
              process.cpu_seconds);
  out.gauge("process_open_fds", "Number of open file descriptors.", number(process.open_fds));
  out.gauge("process_max_fds", "Maximum number of open file descriptors.", number(process.max_fds));
  out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
            process.start_seconds);
}

}  // namespace

// What may come is there from the start, with 0: a counter that appears with 1 is no change to Prometheus.
Metrics::Metrics(const std::vector<std::pair<std::string_view, double>>& limits)
    : closed_(
          family("canvas_ws_connections_closed_total", "Connections that the server closed, by close code")),
      refused_(
          family("canvas_ws_access_refused_total", "Documents that were refused to a client, by reason")),
      revoked_(family("canvas_ws_access_revoked_total", "Open documents that were taken from a client")),
      limit_hits_(family("canvas_ws_limit_hits_total", "How often a limit was reached, by limit")) {
  auto& family =
      prometheus::BuildGauge().Name("canvas_ws_limit").Help("What a limit is set to").Register(registry_);
  for (const auto& [name, value] : limits) {
    family.Add({{"limit", std::string(name)}}).Set(value);
    limit_hit(name, 0);
  }
  for (const Errc reason : reasons) {
    refused_.Add({{"reason", std::string(reason_of(reason))}});
    revoked_.Add({{"reason", std::string(reason_of(reason))}});
  }
  for (const net::CloseCode code : close_codes) closed_.Add({{"code", text_of(code)}});
}

Metrics::Counters& Metrics::family(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
}

void Metrics::closed(std::uint16_t code) {
  closed_.Add({{"code", std::to_string(code)}}).Increment();
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

void Metrics::flushed(const room::Tally::Oldest& oldest) {
  if (!oldest.broadcast && !oldest.acknowledged) return;
  const net::Time now = std::chrono::steady_clock::now();
  if (oldest.broadcast) broadcasts_.observe(now - *oldest.broadcast);
  if (oldest.acknowledged) acknowledgments_.observe(now - *oldest.acknowledged);
}

std::string Metrics::text(const Observed& now) const {
  Exposition out(registry_.Collect());
  out.gauge("canvas_ws_build_info", "1, with the version", "version", {{CANVAS_VERSION, 1}});
  out.gauge("canvas_ws_health", "0 healthy, 1 degraded, 2 unhealthy, as GET /health says",
            number(now.unhealthiness));
  out.gauge("canvas_ws_uptime_seconds", "Since the server began to listen", now.uptime_seconds);
  out.counter("canvas_ws_connections_opened_total", "Connections that were made", number(counts_.connected));
  out.counter("canvas_ws_access_accepted_total", "Documents that were opened to a client",
              number(counts_.accepted));
  out.counter("canvas_ws_access_changed_total",
              "Open documents that became read-only or writable for a client",
              number(counts_.access_changed));
  out.counter("canvas_ws_input_malformed_total", "Connections closed for what they sent",
              number(counts_.malformed));
  out.counter("canvas_ws_gatekeeper_failures_total", "Questions about access that could not be answered",
              number(counts_.gatekeeper_failures));
  out.counter("canvas_ws_updates_received_total", "Updates that clients sent", number(counts_.updates));
  out.counter("canvas_ws_awareness_received_total", "Awareness messages that clients sent",
              number(counts_.awareness));
  out.counter("canvas_ws_awareness_coalesced_total",
              "Awareness messages that were held back, to send the newest only",
              number(counts_.awareness_coalesced));
  out.counter("canvas_ws_pauses_total", "How often a connection was not read for a while",
              number(counts_.pauses));
  out.histogram(
      "canvas_ws_broadcast_seconds",
      "Time from an update's receipt until it was handed to the system for the others: the oldest of "
      "each turn of the loop",
      broadcasts_);
  out.histogram(
      "canvas_ws_acknowledgment_seconds",
      "Time from an update's receipt until its author was told that it is saved: the oldest of each "
      "turn of the loop",
      acknowledgments_);
  show_connections(out, now);
  show_rooms(out, now);
  show_updates(out, now.tally);
  show_slow_readers(out, now);
  show_database(out, now);
  show_documents(out, now.store);
  show_process(out, now);
  return out.text();
}

}  // namespace canvas::server
