// A hash for keys that strangers choose (client ids, key names, room names): keyed by random bytes of this
// process, so that nobody can prepare keys that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace canvas {

// SipHash-1-3 (Aumasson and Bernstein, 2012) with the key of this process.
std::uint64_t seeded_hash(std::string_view bytes) noexcept;
std::uint64_t seeded_hash(std::uint64_t value) noexcept;

// For the unordered containers; transparent, so a string_view finds a std::string.
struct SeededHash {
  using is_transparent = void;
  using is_avalanching = void;  // tells boost::unordered that the bits are already mixed
  std::size_t operator()(std::string_view text) const noexcept { return seeded_hash(text); }
  std::size_t operator()(std::uint64_t value) const noexcept { return seeded_hash(value); }
};

}  // namespace canvas
