#include "load/websocket.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace canvas::load {
namespace {

constexpr std::uint8_t final_bit = 0x80;
constexpr std::uint8_t mask_bit = 0x80;

constexpr std::size_t length_bytes_of(std::uint8_t short_length) {
  if (short_length == 126) return 2;
  return short_length == 127 ? 8 : 0;
}

bool is_same_ignoring_case(std::string_view text, std::string_view lower) {
  const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), equal);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<FrameHeader> read_frame_header(BytesView bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::uint8_t short_length = bytes[1] & 0x7f;
  const bool is_masked = (bytes[1] & mask_bit) != 0;
  const std::size_t length_bytes = length_bytes_of(short_length);
  const std::size_t size = 2 + length_bytes + (is_masked ? 4 : 0);
  if (bytes.size() < size) return std::nullopt;
  FrameHeader header{(bytes[0] & final_bit) != 0, Opcode(bytes[0] & 0x0f), std::nullopt, short_length, size};
  if (length_bytes > 0) header.payload_size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    header.payload_size = header.payload_size << 8 | bytes[2 + i];
  if (is_masked) {
    header.mask.emplace();
    std::memcpy(header.mask->data(), bytes.data() + 2 + length_bytes, 4);
  }
  return header;
}

void append_frame_header(Bytes& out, Opcode opcode, std::size_t payload_size, std::optional<Mask> mask) {
  const std::uint8_t short_length = payload_size < 126       ? static_cast<std::uint8_t>(payload_size)
                                    : payload_size < 0x10000 ? std::uint8_t{126}
                                                             : std::uint8_t{127};
  out.push_back(static_cast<std::uint8_t>(final_bit | static_cast<std::uint8_t>(opcode)));
  out.push_back(static_cast<std::uint8_t>(short_length | (mask ? mask_bit : 0)));
  for (std::size_t i = length_bytes_of(short_length); i > 0; --i) {
    out.push_back(static_cast<std::uint8_t>(payload_size >> (8 * (i - 1))));
  }
  if (mask) out.insert(out.end(), mask->begin(), mask->end());
}

void apply_mask(std::span<std::uint8_t> payload, Mask mask) {
  std::uint64_t wide_mask = 0;
  std::memcpy(&wide_mask, mask.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide_mask) + 4, mask.data(), 4);
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &payload[i], 8);
    word ^= wide_mask;
    std::memcpy(&payload[i], &word, 8);
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(payload[i] ^ mask[i % 4]);
}

std::string accept_key(std::string_view client_key) {
  const std::string text = std::string(client_key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(as_bytes(text).data(), text.size(), digest.data());
  std::array<char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded{};
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), digest.data(), SHA_DIGEST_LENGTH);
  return {encoded.data(), static_cast<std::size_t>(size)};
}

std::string_view header_value(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t line_size = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, line_size);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && is_same_ignoring_case(line.substr(0, colon), name)) {
      return trimmed(line.substr(colon + 1));
    }
    head.remove_prefix(std::min(line_size + 2, head.size()));
  }
  return {};
}

std::size_t http_head_size(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

}  // namespace canvas::load
