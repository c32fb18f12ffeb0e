// What the server's application sees of HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/websocket.h"

namespace canvas::net {

struct HttpLimits {
  // Request line and headers: a longer request is answered 431.
  std::size_t max_header_bytes = 16u << 10;
  // From the connection, or the last answer, to the end of the next request.
  std::chrono::seconds request_timeout{10};
  // An answer after which the next request could come later than this says Connection: close.
  std::chrono::seconds max_lifetime{60};
  // Connections of one peer address that are not WebSockets yet; one more is closed unanswered. 0: no limit.
  std::size_t max_idle_per_address = 200;
};

// A request without a body.
struct HttpRequest {
  std::string method;
  std::string path;   // as it was sent, before the '?'
  std::string query;  // behind it; may hold credentials: never log it
  std::vector<std::pair<std::string, std::string>> headers;
  std::string remote_address;  // of the peer: a proxy's, where there is one

  // The first header of that name (any case), or nothing.
  std::string_view header(std::string_view name) const;
  // Whether there is one, even an empty one.
  bool has_header(std::string_view name) const;
  // All of that name as one list: "a, b".
  std::string header_list(std::string_view name) const;
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
