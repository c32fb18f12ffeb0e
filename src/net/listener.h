// A port, and the connections that come to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "net/shard.h"

namespace canvas::net {

enum class PortSharing {
  alone,
  with_successor,  // SO_REUSEPORT: another process of the same user may listen there as well
};

struct ListenerOptions {
  std::string host;    // a name or an address
  std::uint16_t port;  // 0: any that is free
  HttpLimits http;
  WebSocketLimits websocket;
  PortSharing sharing = PortSharing::alone;
  // The descriptor of a TCP socket that listens already: taken in place of host and port. The listener owns
  // it.
  std::optional<int> passed_socket{};
  // Peers for whom max_idle_per_address does not hold: a proxy has many connections under way. Empty: none.
  std::function<bool(const std::string& address)> is_unlimited{};
};

// Accepts connections on its shard until it is closed or destroyed; those that it has accepted go on.
// `application` outlives the shard's connections, and the options do too.
class Listener {
public:
  virtual ~Listener() = default;

  // Fails with Errc::io, naming the address, when it cannot be had, and with Errc::invalid_use when the
  // passed socket is none that listens.
  static Result<std::unique_ptr<Listener>> open(Shard& shard, const ListenerOptions& options,
                                                HttpApplication& application);

  // Which port it is.
  virtual std::uint16_t port() const = 0;
  // How many connections were dropped for max_idle_per_address. On the shard's thread.
  virtual std::uint64_t dropped() const = 0;
  // How many connections are accepted and wait for the answer to their first request, or have none yet. On
  // the shard's thread.
  virtual std::size_t arriving() const = 0;
  // With a shared port: who comes from now on is the successor's, if there is one. Handshakes that have begun
  // still end here, so the port is to be kept for a while. The port goes on like that: of two that share it,
  // the later one gets all who come. So the earlier one is to be drained; the later one would get them until
  // it closes.
  virtual void yield() = 0;
  // Gives the port up. Who is in the kernel's queue is accepted first; with a passed socket they wait there
  // for the next process.
  virtual void close() = 0;
};

}  // namespace canvas::net
