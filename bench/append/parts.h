// What the programs here take from the load generator of canvas-ws bench.
#pragma once

#include "load/clock.h"
#include "load/connection.h"
#include "load/json_object.h"
#include "load/process.h"
#include "load/quantile_histogram.h"
#include "load/websocket.h"

namespace canvas::bench {
using namespace load;  // NOLINT(google-build-using-namespace)

// The server on this machine that listens on `port`.
inline Result<Server> local_server(std::uint16_t port) {
  return prepare_server({.host = "127.0.0.1", .port = port}, CertificateCheck::strict);
}

inline std::string origin_of(const Server& server) {
  return "http://" + server.target.authority();
}

}  // namespace canvas::bench
