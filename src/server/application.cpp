#include "server/application.h"

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

std::optional<net::HttpResponse> refuse_method(const net::HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  return text(405, "only GET is answered here");
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

// `decide`, with a line for a refusal beside it.
std::function<void(net::UpgradeDecision)> log_refusal(std::uint64_t connection, std::string address,
                                                      std::function<void(net::UpgradeDecision)> decide) {
  return [connection, address = std::move(address), decide = std::move(decide)](net::UpgradeDecision made) {
    if (const auto* refusal = std::get_if<net::HttpResponse>(&made))
      log::debug("client.refused",
                 {{"connection", connection}, {"address", address}, {"status", refusal->status}});
    decide(std::move(made));
  };
}

}  // namespace

Application::Application(ClientSurroundings& surroundings, const StatusPages& pages, std::string path_prefix,
                         const TrustedProxies& trusted_proxies)
    : surroundings_(surroundings),
      pages_(pages),
      path_prefix_(std::move(path_prefix)),
      trusted_proxies_(trusted_proxies) {}

net::HttpResponse Application::on_request(const net::HttpRequest& request) {
  if (const auto refusal = refuse_method(request)) return *refusal;
  if (request.path == "/health" || request.path == "/healthz") return pages_.health(asker_of(request));
  return text(404, "canvas-ws: connect a WebSocket here, or GET /health");
}

void Application::on_upgrade(const net::HttpRequest& request,
                             std::function<void(net::UpgradeDecision)> decide) {
  ClientAddress address = client_address(request, trusted_proxies_);
  const std::uint64_t connection = ++surroundings_.last_connection;
  decide = log_refusal(connection, address.text, std::move(decide));
  auto document = protocol::document_from_path(request.path, path_prefix_);
  auto visitor = surroundings_.doorkeeper.arrive(connection, std::move(address));
  if (!visitor) return decide(refusal_for(visitor.error()));
  if (!document) {
    surroundings_.audit.malformed({.connection = connection, .address = visitor->address.text},
                                  document.error().message);
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
  const std::uint64_t connection = ++surroundings_.last_connection;
  if (auto refusal = rule.refuse(request, std::chrono::steady_clock::now())) {
    // Who has shown nothing yet has only asked for a challenge.
    if (refusal->status != 401 || request.has_header("Authorization")) {
      const Errc code = refusal->status == 401 ? Errc::unauthenticated : Errc::forbidden;
      surroundings_.audit.refused({.connection = connection, .address = request.remote_address},
                                  Error{code, "to the operator's way in: it is not the operator"});
    }
    return std::move(*refusal);
  }
  if (surroundings_.draining) return text(503, "the server is going down");
  auto visitor = surroundings_.doorkeeper.arrive(connection, client_address(request, trusted_proxies_));
  if (!visitor) return refusal_for(visitor.error());
  Arrival arrival{std::move(*visitor), {}, std::nullopt};
  arrival.gatekeeper = auth::make_guest_gatekeeper();
  log::security(log::Level::info, "operator.connected",
                {{"connection", connection}, {"address", arrival.visitor.address.text}});
  return std::make_shared<Client>(surroundings_, std::move(arrival));
}

// A URL that names a document is one of y-websocket, which says in it all that it will say of itself.
void Application::ask_gatekeeper(Arrival arrival, std::function<void(net::UpgradeDecision)> decide) {
  const auto kept = std::make_shared<Arrival>(std::move(arrival));
  surroundings_.doorkeeper.admit(kept->visitor, kept->credentials, *kept->document,
                                 [this, kept, decide = std::move(decide)](auth::Admission permit) {
                                   Whom whom{.connection = kept->visitor.connection,
                                             .address = kept->visitor.address.text,
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

net::HttpResponse HealthApplication::on_request(const net::HttpRequest& request) {
  if (const auto refusal = refuse_method(request)) return *refusal;
  if (request.path == "/metrics") return pages_.metrics();
  if (request.path == "/livez") return pages_.alive();
  if (request.path == "/readyz") return pages_.ready();
  if (request.path == "/rooms") return pages_.rooms(asker_of(request));
  return application_.on_request(request);
}

void HealthApplication::on_upgrade(const net::HttpRequest& request,
                                   std::function<void(net::UpgradeDecision)> decide) {
  if (request.path != "/operator" || !operators_)
    return decide(text(404, "there is no such WebSocket on this port"));
  decide(application_.admit_operator(request, *operators_));
}

}  // namespace canvas::server
