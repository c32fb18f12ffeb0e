// Asks a running server which rooms it has open.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas {

struct OpenRoom {
  std::size_t members = 0;
  std::string read_only;  // why edits are refused; empty while they are not
};
using OpenRooms = std::map<std::string, OpenRoom>;

// GET /rooms of the server at `url`, http://HOST[:PORT]; empty: on this machine, at the health port that the
// environment names, or 3002. Within two seconds. Fails with Errc::invalid_use when that is no URL or no
// port, Errc::unavailable when no server answers, Errc::malformed when something else does.
Result<OpenRooms> ask_open_rooms(std::string_view url);

// Reads the answer.
Result<OpenRooms> read_open_rooms(std::string_view json);

}  // namespace canvas
