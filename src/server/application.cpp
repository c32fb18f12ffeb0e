#include "server/application.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/document_name.h"

namespace canvas::server {
namespace {

net::HttpResponse text(unsigned status, std::string_view words) {
  return {status, "text/plain; charset=utf-8", std::string(words) + "\n"};
}

}  // namespace

Application::Application(ClientSurroundings& surroundings, const store::Store& store, std::string path_prefix)
    : surroundings_(surroundings),
      store_(store),
      path_prefix_(std::move(path_prefix)),
      started_(std::chrono::steady_clock::now()) {}

net::HttpResponse Application::on_request(const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "only GET is answered here");
  if (request.path == "/health" || request.path == "/healthz") return health();
  return text(404, "canvas-ws: connect a WebSocket here, or GET /health");
}

void Application::on_upgrade(const net::HttpRequest& request,
                             std::function<void(net::UpgradeDecision)> decide) {
  if (surroundings_.draining) return decide(text(503, "the server is going down"));
  auto document = protocol::document_from_path(request.path, path_prefix_);
  if (!document) return decide(text(400, document.error().message));
  decide(std::make_shared<Client>(surroundings_, request, std::move(*document)));
}

net::HttpResponse Application::health() const {
  const store::Health database = store_.health();
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  boost::json::object answer;
  answer["status"] = surroundings_.draining ? "draining" : database.ok ? "healthy" : "degraded";
  answer["version"] = CANVAS_VERSION;
  answer["uptime_seconds"] = uptime.count();
  answer["connections"] = surroundings_.clients.size();
  answer["rooms"] = surroundings_.registry.room_count();
  boost::json::object& state = answer["database"].emplace_object();
  state["ok"] = database.ok;
  if (!database.ok) state["reason"] = database.reason;
  state["backlog_bytes"] = store_.backlog_bytes();
  return {surroundings_.draining ? 503u : 200u, "application/json", boost::json::serialize(answer) + "\n"};
}

net::HttpResponse HealthApplication::on_request(const net::HttpRequest& request) {
  return application_.on_request(request);
}

void HealthApplication::on_upgrade(const net::HttpRequest&,
                                   std::function<void(net::UpgradeDecision)> decide) {
  decide(text(404, "there is no WebSocket on this port"));
}

}  // namespace canvas::server
