#include "base/seeded_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace canvas {
namespace {

struct Key {
  std::uint64_t k0, k1;
  Key() {
    std::random_device random;
    auto word = [&] { return (std::uint64_t{random()} << 32) | random(); };
    k0 = word();
    k1 = word();
  }
};

const Key& key() {
  static const Key instance;
  return instance;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  State()
      : v0(key().k0 ^ 0x736f6d6570736575),
        v1(key().k1 ^ 0x646f72616e646f6d),
        v2(key().k0 ^ 0x6c7967656e657261),
        v3(key().k1 ^ 0x7465646279746573) {}

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }

  std::uint64_t finish() {
    v2 ^= 0xff;
    round(), round(), round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

std::uint64_t seeded_hash(std::uint64_t value) noexcept {
  State state;
  state.absorb(value);
  state.absorb(std::uint64_t{8} << 56);
  return state.finish();
}

std::uint64_t seeded_hash(std::string_view bytes) noexcept {
  State state;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state.absorb(word);
  }
  std::uint64_t last = std::uint64_t{bytes.size() & 0xff} << 56;
  for (std::size_t i = 0; i < left; ++i) {
    last |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  }
  state.absorb(last);
  return state.finish();
}

}  // namespace canvas
