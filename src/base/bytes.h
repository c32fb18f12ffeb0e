// Bytes that are owned, and bytes that are looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace canvas {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

// Bytes that several queues and threads hold at once; never changed after they are made.
using SharedBytes = std::shared_ptr<const Bytes>;

inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Bytes to_bytes(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace canvas
