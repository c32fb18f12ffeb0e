// The server that is to be driven, as its URL names it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas::load {

struct Target {
  bool is_encrypted = false;
  std::string host;  // a name or an address; an IPv6 one without its brackets
  std::uint16_t port = 0;
  std::string path{};  // what stands before "/ROOM": empty, or "/ws"

  // As it stands in a Host header.
  std::string authority() const;
};

// Reads ws://host[:port][/path] or wss://. Fails with Errc::invalid_use; the message does not repeat what may
// be a credential.
Result<Target> parse_target(std::string_view url);

// An address to connect to.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;

  bool is_loopback() const;
};

// Looks the host up and takes the first of its addresses that answers. Blocks. Fails with Errc::unavailable.
Result<Endpoint> resolve(const Target& target);

}  // namespace canvas::load
