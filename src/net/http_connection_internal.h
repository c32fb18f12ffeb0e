// A connection as long as it speaks HTTP.
#pragma once

#include "net/listener.h"
#include "net/wire.h"

namespace canvas::net {

// Answers requests, and hands the connection on when one of them becomes a WebSocket. The connection owns
// itself until it ends.
void start_http(Socket socket, Shard& shard, const ListenerOptions& options, HttpApplication& application);

}  // namespace canvas::net
