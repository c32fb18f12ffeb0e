// The numbers of both protocols (docs/protocols.md).
#pragma once

#include <cstdint>

namespace canvas::protocol::wire {

// Message types; those of y-websocket are 0 to 3.
inline constexpr std::uint8_t sync = 0;
inline constexpr std::uint8_t awareness = 1;
inline constexpr std::uint8_t auth = 2;
inline constexpr std::uint8_t query_awareness = 3;
inline constexpr std::uint8_t sync_reply = 4;
inline constexpr std::uint8_t stateless = 5;
inline constexpr std::uint8_t broadcast_stateless = 6;
inline constexpr std::uint8_t close = 7;
inline constexpr std::uint8_t sync_status = 8;
inline constexpr std::uint8_t ping = 9;
inline constexpr std::uint8_t pong = 10;

// Kinds of sync message.
inline constexpr std::uint8_t step1 = 0;
inline constexpr std::uint8_t step2 = 1;
inline constexpr std::uint8_t update = 2;

// Kinds of Hocuspocus auth message. In y-websocket 0 is "permission denied".
inline constexpr std::uint8_t auth_token = 0;
inline constexpr std::uint8_t auth_permission_denied = 1;
inline constexpr std::uint8_t auth_authenticated = 2;
inline constexpr std::uint8_t y_websocket_permission_denied = 0;

}  // namespace canvas::protocol::wire
