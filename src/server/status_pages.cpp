#include "server/status_pages.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "server/client_address.h"

namespace canvas::server {
namespace {

// In the metrics, and in the same order in the list of rooms.
constexpr std::size_t shown_rooms = 10;

net::HttpResponse json(unsigned status, const boost::json::object& answer) {
  return {status, "application/json", boost::json::serialize(answer) + "\n"};
}

net::HttpResponse line(unsigned status, std::string_view words) {
  return {status, "text/plain; charset=utf-8", std::string(words) + "\n"};
}

boost::json::object describe(const store::Health& database, std::size_t backlog_bytes, Asker asker) {
  boost::json::object state;
  state["ok"] = database.ok;
  if (!database.ok && asker == Asker::here) state["reason"] = database.reason;
  state["latency_ms"] = nullptr;
  if (database.latency) state["latency_ms"] = static_cast<double>(database.latency->count()) / 1000;
  state["away_seconds"] = database.away_for ? database.away_for->count() / 1000 : 0;
  state["backlog_bytes"] = backlog_bytes;
  state["backlog_updates"] = database.backlog_updates;
  return state;
}

boost::json::array describe(const std::vector<Reason>& reasons, Asker asker) {
  boost::json::array texts;
  for (const Reason& reason : reasons) {
    std::string text = reason.text;
    if (asker == Asker::here && !reason.detail.empty()) text.append(": ").append(reason.detail);
    texts.emplace_back(text);
  }
  return texts;
}

}  // namespace

Asker asker_of(const net::HttpRequest& request) {
  return is_asked_here(request) ? Asker::here : Asker::elsewhere;
}

StatusPages::StatusPages(const ClientSurroundings& surroundings, const store::Store& store,
                         const net::Shard& shard)
    : surroundings_(surroundings), store_(store), shard_(shard), started_(std::chrono::steady_clock::now()) {}

net::HttpResponse StatusPages::health(Asker asker) const {
  const store::Health database = store_.health();
  const Assessment assessment = assess_now(database);
  boost::json::object answer;
  answer["status"] = name_of(assessment.status);
  answer["reasons"] = describe(assessment.reasons, asker);
  answer["version"] = CANVAS_VERSION;
  answer["uptime_seconds"] = uptime().count();
  answer["connections"] = surroundings_.clients.size();
  answer["rooms"] = surroundings_.registry.room_count();
  answer["read_only_rooms"] = surroundings_.registry.read_only_rooms().all();
  answer["database"] = describe(database, store_.backlog_bytes(), asker);
  return json(assessment.status == Status::unhealthy ? 503 : 200, answer);
}

net::HttpResponse StatusPages::alive() const {
  return line(200, "alive");
}

net::HttpResponse StatusPages::ready() const {
  if (surroundings_.draining) return line(503, "not ready: the server is going down");
  return line(200, "ready");
}

net::HttpResponse StatusPages::metrics() const {
  return {200, "text/plain; version=0.0.4; charset=utf-8", surroundings_.metrics.text(observe())};
}

net::HttpResponse StatusPages::rooms(Asker asker) const {
  if (asker == Asker::elsewhere) return line(403, "only asked from this machine");
  boost::json::array rooms;
  for (const room::RoomSummary& summary : surroundings_.registry.rooms()) {
    boost::json::object& entry = rooms.emplace_back(boost::json::object()).as_object();
    entry["document"] = summary.document;
    entry["members"] = summary.members;
    entry["read_only"] = nullptr;
    if (summary.read_only) entry["read_only"] = room::name_of(*summary.read_only);
  }
  boost::json::array largest;
  for (const room::RoomMemory& room : surroundings_.registry.largest(shown_rooms)) {
    boost::json::object& entry = largest.emplace_back(boost::json::object()).as_object();
    entry["document"] = room.document;
    entry["memory_bytes"] = room.bytes;
  }
  boost::json::object answer;
  answer["rooms"] = std::move(rooms);
  answer["largest"] = std::move(largest);
  return json(200, answer);
}

Assessment StatusPages::assess_now(const store::Health& database) const {
  const room::Registry& registry = surroundings_.registry;
  return assess({.draining = surroundings_.draining,
                 .database = database,
                 .backlog_bytes = store_.backlog_bytes(),
                 .max_backlog_bytes = registry.limits().max_backlog_bytes,
                 .documents = registry.loaded_count(),
                 .read_only_rooms = registry.read_only_rooms(),
                 .is_full = registry.is_full()});
}

Observed StatusPages::observe() const {
  const room::Registry& registry = surroundings_.registry;
  Observed now;
  now.database = store_.health();
  now.unhealthiness = static_cast<std::size_t>(assess_now(now.database).status);
  now.uptime_seconds = static_cast<double>(uptime().count());
  for (const Client* client : surroundings_.clients) {
    const Client::Sight sight = client->look();
    if (!sight.dialect) {
      ++now.silent_connections;
    } else if (*sight.dialect == protocol::Dialect::hocuspocus) {
      ++now.hocuspocus_connections;
    } else {
      ++now.y_websocket_connections;
    }
    now.members += sight.open_documents;
    now.slow_members += sight.slow_documents;
    if (client->is_paused()) ++now.paused_connections;
    const std::size_t backlog = client->backlog_bytes();
    now.socket_backlog_bytes += backlog;
    now.largest_socket_backlog_bytes = std::max(now.largest_socket_backlog_bytes, backlog);
  }
  now.rooms_with_loading = registry.room_count();
  now.read_only_rooms = registry.read_only_rooms();
  now.largest_rooms = registry.largest(shown_rooms);
  now.tally = registry.tally();
  now.traffic = shard_.traffic();
  now.loop_lag = shard_.lag();
  now.store = store_.statistics();
  now.backlog_bytes = store_.backlog_bytes();
  now.max_backlog_bytes = registry.limits().max_backlog_bytes;
  if (const Result<ProcessUsage> process = measure_process()) now.process = *process;
  return now;
}

std::chrono::seconds StatusPages::uptime() const {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
}

}  // namespace canvas::server
