#include "server/application.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "log/log.h"
#include "protocol/document_name.h"
#include "server/client_address.h"

namespace canvas::server {
namespace {

net::HttpResponse text(unsigned status, std::string_view words) {
  return {status, "text/plain; charset=utf-8", std::string(words) + "\n"};
}

net::HttpResponse try_later(unsigned status, std::string_view words) {
  net::HttpResponse answer = text(status, words);
  answer.headers.emplace_back("Retry-After", "10");
  return answer;
}

auth::Credentials credentials_of(const net::HttpRequest& request) {
  auth::Credentials credentials;
  credentials.cookie = request.header("Cookie");
  credentials.authorization = request.header("Authorization");
  credentials.origin = request.header("Origin");
  credentials.query = request.query;
  credentials.session_token = request.header("x-session-token");
  return credentials;
}

net::HttpResponse refusal_for(const Error& why) {
  switch (why.code) {
    case Errc::unauthenticated:
      return text(401, why.message +
                           " (Hocuspocus clients, which send their token later, connect to / or to the "
                           "--path-prefix, without a document)");
    case Errc::forbidden: return text(403, why.message);
    case Errc::too_large: return try_later(429, why.message);
    default: return try_later(503, why.message);
  }
}

}  // namespace

Application::Application(ClientSurroundings& surroundings, const store::Store& store, std::string path_prefix,
                         const TrustedProxies& trusted_proxies)
    : surroundings_(surroundings),
      store_(store),
      path_prefix_(std::move(path_prefix)),
      trusted_proxies_(trusted_proxies),
      started_(std::chrono::steady_clock::now()) {}

net::HttpResponse Application::on_request(const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "only GET is answered here");
  if (request.path == "/health" || request.path == "/healthz") return health(is_asked_here(request));
  return text(404, "canvas-ws: connect a WebSocket here, or GET /health");
}

void Application::on_upgrade(const net::HttpRequest& request,
                             std::function<void(net::UpgradeDecision)> decide) {
  auto document = protocol::document_from_path(request.path, path_prefix_);
  auto visitor = surroundings_.doorkeeper.arrive(client_address(request, trusted_proxies_));
  if (!visitor) return decide(refusal_for(visitor.error()));
  if (!document) {
    surroundings_.audit.malformed({.address = visitor->address.text}, document.error().message);
    return decide(text(400, document.error().message));
  }
  if (surroundings_.draining) return decide(send_back(std::move(*visitor)));
  Arrival arrival{std::move(*visitor), credentials_of(request), std::move(*document)};
  if (arrival.document) return ask_gatekeeper(std::move(arrival), std::move(decide));
  decide(std::make_shared<Client>(surroundings_, std::move(arrival)));
}

net::UpgradeDecision Application::send_back(Doorkeeper::Visitor visitor) {
  return std::make_shared<Client>(surroundings_, Arrival{std::move(visitor), {}, std::nullopt});
}

net::UpgradeDecision Application::admit_operator(const net::HttpRequest& request, OperatorRule& rule) {
  if (auto refusal = rule.refuse(request, std::chrono::steady_clock::now())) {
    // Who has shown nothing yet has only asked for a challenge.
    if (refusal->status != 401 || request.has_header("Authorization")) {
      const Errc code = refusal->status == 401 ? Errc::unauthenticated : Errc::forbidden;
      surroundings_.audit.refused({.address = request.remote_address},
                                  Error{code, "to the operator's way in: it is not the operator"});
    }
    return std::move(*refusal);
  }
  if (surroundings_.draining) return text(503, "the server is going down");
  auto visitor = surroundings_.doorkeeper.arrive(client_address(request, trusted_proxies_));
  if (!visitor) return refusal_for(visitor.error());
  Arrival arrival{std::move(*visitor), {}, std::nullopt};
  arrival.gatekeeper = auth::make_guest_gatekeeper();
  log::security(log::Level::info, "operator.connected", {{"address", arrival.visitor.address.text}});
  return std::make_shared<Client>(surroundings_, std::move(arrival));
}

// A URL that names a document is one of y-websocket, which says in it all that it will say of itself.
void Application::ask_gatekeeper(Arrival arrival, std::function<void(net::UpgradeDecision)> decide) {
  const auto kept = std::make_shared<Arrival>(std::move(arrival));
  surroundings_.doorkeeper.admit(kept->visitor, kept->credentials, *kept->document,
                                 [this, kept, decide = std::move(decide)](auth::Admission permit) {
                                   Whom whom{.address = kept->visitor.address.text,
                                             .dialect = protocol::Dialect::y_websocket,
                                             .document = &*kept->document};
                                   if (!permit) {
                                     // At a limit that has been said.
                                     if (permit.error().code != Errc::too_large)
                                       surroundings_.audit.refused(whom, permit.error());
                                     return decide(refusal_for(permit.error()));
                                   }
                                   whom.identity = &(*permit)->identity();
                                   auto place =
                                       surroundings_.doorkeeper.place_for(whom.identity->user_id, whom);
                                   if (!place) return decide(refusal_for(place.error()));
                                   kept->place = std::move(*place);
                                   if (surroundings_.draining)
                                     return decide(send_back(std::move(kept->visitor)));
                                   kept->permit = std::move(*permit);
                                   decide(std::make_shared<Client>(surroundings_, std::move(*kept)));
                                 });
}

net::HttpResponse Application::health(bool with_reasons) const {
  const store::Health database = store_.health();
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  boost::json::object answer;
  answer["status"] = surroundings_.draining ? "draining" : database.ok ? "healthy" : "degraded";
  answer["version"] = CANVAS_VERSION;
  answer["uptime_seconds"] = uptime.count();
  answer["connections"] = surroundings_.clients.size();
  answer["rooms"] = surroundings_.registry.room_count();
  answer["read_only_rooms"] = surroundings_.registry.read_only_count();
  boost::json::object& state = answer["database"].emplace_object();
  state["ok"] = database.ok;
  // It may name a document, a host or a role.
  if (!database.ok && with_reasons) state["reason"] = database.reason;
  state["backlog_bytes"] = store_.backlog_bytes();
  return {surroundings_.draining ? 503u : 200u, "application/json", boost::json::serialize(answer) + "\n"};
}

net::HttpResponse Application::rooms() const {
  boost::json::array rooms;
  for (const room::RoomSummary& summary : surroundings_.registry.rooms()) {
    boost::json::object& entry = rooms.emplace_back(boost::json::object()).as_object();
    entry["document"] = summary.document;
    entry["members"] = summary.members;
    entry["read_only"] = nullptr;
    if (summary.read_only) entry["read_only"] = room::name_of(*summary.read_only);
  }
  boost::json::object answer;
  answer["rooms"] = std::move(rooms);
  return {200, "application/json", boost::json::serialize(answer) + "\n"};
}

net::HttpResponse Application::metrics() const {
  Metrics::Now now{.connections = surroundings_.clients.size(),
                   .paused_connections = 0,
                   .documents = 0,
                   .rooms = surroundings_.registry.room_count(),
                   .read_only_rooms = surroundings_.registry.read_only_count(),
                   .backlog_bytes = store_.backlog_bytes()};
  for (const Client* client : surroundings_.clients) {
    now.documents += client->document_count();
    if (client->is_paused()) ++now.paused_connections;
  }
  return {200, "text/plain; version=0.0.4; charset=utf-8", surroundings_.metrics.text(now)};
}

net::HttpResponse HealthApplication::on_request(const net::HttpRequest& request) {
  if (request.path == "/metrics" && request.method == "GET") return application_.metrics();
  if (request.path != "/rooms" || request.method != "GET") return application_.on_request(request);
  // The names of documents are nobody's business but of who is on this machine.
  if (!is_asked_here(request)) return text(403, "only asked from this machine");
  return application_.rooms();
}

void HealthApplication::on_upgrade(const net::HttpRequest& request,
                                   std::function<void(net::UpgradeDecision)> decide) {
  if (request.path != "/operator" || !operators_)
    return decide(text(404, "there is no such WebSocket on this port"));
  decide(application_.admit_operator(request, *operators_));
}

}  // namespace canvas::server
