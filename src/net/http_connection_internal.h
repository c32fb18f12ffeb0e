// A connection as long as it speaks HTTP.
#pragma once

#include "net/address_counts_internal.h"
#include "net/listener.h"
#include "net/wire.h"

namespace canvas::net {

// Who is at the other end, and its place among those that are counted; null: it is not counted.
struct Peer {
  std::string address;
  std::unique_ptr<AddressCounts::Place> place;
  std::shared_ptr<const void> arrival;  // held until the first request is answered (Listener::arriving)
};

// Answers requests, and hands the connection on when one of them becomes a WebSocket: then, or at its end,
// the peer's place is free again. The connection owns itself until it ends.
void start_http(Socket socket, Peer peer, Shard& shard, const ListenerOptions& options,
                HttpApplication& application);

}  // namespace canvas::net
