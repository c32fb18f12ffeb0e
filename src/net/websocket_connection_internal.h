// From an accepted upgrade request to a connection.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>
#include <string>

#include "net/beast_stream_internal.h"
#include "net/websocket.h"

namespace canvas::net {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

// Answers the handshake and runs the connection, which owns itself until it ends. `arrival` is held until the
// handler has been told of it.
void start_websocket(BeastStream stream, const UpgradeRequest& request, std::string remote_address,
                     const WebSocketLimits& limits, std::shared_ptr<WebSocketHandler> handler,
                     std::shared_ptr<const void> arrival);

}  // namespace canvas::net
