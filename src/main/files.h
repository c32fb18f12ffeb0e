// Files that a person has named.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas {

// All of a file, or of standard input for "-". Fails with Errc::io, or Errc::too_large past `max_bytes`.
Result<Bytes> read_file(const std::string& name, std::size_t max_bytes);

// Makes the file, or writes over it; "-" is standard output. Fails with Errc::io; what has been written by
// then stays.
Result<void> write_file(const std::string& name, BytesView bytes);

}  // namespace canvas
