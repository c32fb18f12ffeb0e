// What the server's application sees of HTTP.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/websocket.h"

namespace canvas::net {

// A request without a body.
struct HttpRequest {
  std::string method;
  std::string path;   // as it was sent, before the '?'
  std::string query;  // behind it; may hold credentials: never log it
  std::vector<std::pair<std::string, std::string>> headers;
  std::string remote_address;  // of the peer: a proxy's, where there is one

  // The first header of that name (any case), or nothing.
  std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  // more of them
};

// What becomes of a request for a WebSocket: a refusal, or who takes the messages.
using UpgradeDecision = std::variant<HttpResponse, std::shared_ptr<WebSocketHandler>>;

// The application behind a listener. Called on the connection's shard.
class HttpApplication {
public:
  virtual ~HttpApplication() = default;

  virtual HttpResponse on_request(const HttpRequest& request) = 0;
  // `decide` is called once, now or later, on the connection's shard; a decision that comes when the client
  // has gone is dropped.
  virtual void on_upgrade(const HttpRequest& request, std::function<void(UpgradeDecision)> decide) = 0;
};

}  // namespace canvas::net
