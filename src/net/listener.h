// A port, and the connections that come to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "net/shard.h"

namespace canvas::net {

struct HttpLimits {
  // Request line and headers: a longer request is answered 431.
  std::size_t max_header_bytes = 16u << 10;
  // From the connection, or the last answer, to the end of the next request.
  std::chrono::seconds request_timeout{10};
};

struct ListenerOptions {
  std::string host;    // a name or an address
  std::uint16_t port;  // 0: any that is free
  HttpLimits http;
  WebSocketLimits websocket;
};

// Accepts connections on its shard until it is closed or destroyed; those that it has accepted go on.
// `application` outlives the shard's connections, and the options do too.
class Listener {
public:
  virtual ~Listener() = default;

  // Fails with Errc::io, naming the address, when it cannot be had.
  static Result<std::unique_ptr<Listener>> open(Shard& shard, const ListenerOptions& options,
                                                HttpApplication& application);

  // Which port it is.
  virtual std::uint16_t port() const = 0;
  virtual void close() = 0;
};

}  // namespace canvas::net
