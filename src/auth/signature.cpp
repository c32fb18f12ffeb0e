#include "auth/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <climits>

#include "base/utf8.h"

namespace canvas::auth {
namespace {

// 32 bytes in base64.
std::array<char, signature_length> encode_hash(const std::array<std::uint8_t, SHA256_DIGEST_LENGTH>& hash) {
  std::array<std::uint8_t, signature_length + 1> encoded{};
  EVP_EncodeBlock(encoded.data(), hash.data(), static_cast<int>(hash.size()));
  std::array<char, signature_length> text{};
  std::copy_n(encoded.begin(), signature_length, text.begin());
  return text;
}

// The value of a hexadecimal digit, or -1.
int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// The value of a digit of base64url, or -1.
int base64url_value(char digit) {
  if (digit >= 'A' && digit <= 'Z') return digit - 'A';
  if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9') return digit - '0' + 52;
  if (digit == '-') return 62;
  if (digit == '_') return 63;
  return -1;
}

// Without padding that is right; padding that is not stays and is found to be no digit.
std::string_view without_padding(std::string_view text) {
  if (text.size() % 4 != 0) return text;
  if (text.ends_with("==")) return text.substr(0, text.size() - 2);
  if (text.ends_with('=')) return text.substr(0, text.size() - 1);
  return text;
}

// None where OpenSSL cannot.
std::optional<std::array<char, signature_length>> make_signature(std::string_view text,
                                                                 std::string_view secret) {
  // Anybody can sign with an empty secret.
  if (secret.empty() || secret.size() > INT_MAX) return std::nullopt;
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  const BytesView bytes = as_bytes(text);
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes.data(), bytes.size(),
            hash.data(), nullptr)) {
    return std::nullopt;
  }
  return encode_hash(hash);
}

}  // namespace

std::optional<std::string> sign(std::string_view text, std::string_view secret) {
  const auto signature = make_signature(text, secret);
  if (!signature) return std::nullopt;
  return std::string(signature->begin(), signature->end());
}

bool is_signed(std::string_view text, std::string_view signature, std::string_view secret) {
  if (signature.size() != signature_length) return false;
  const auto right = make_signature(text, secret);
  return right && CRYPTO_memcmp(right->data(), signature.data(), right->size()) == 0;
}

std::optional<std::string> verify_signed_token(std::string_view text, std::span<const std::string> secrets) {
  const std::string decoded = decode_percent(text);
  const std::size_t dot = decoded.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string_view token = std::string_view(decoded).substr(0, dot);
  const std::string_view signature = std::string_view(decoded).substr(dot + 1);
  const bool is_right = std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return is_signed(token, signature, secret);
  });
  if (!is_right) return std::nullopt;
  return std::string(token);
}

std::string sha256_base64url(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  const BytesView bytes = as_bytes(text);
  SHA256(bytes.data(), bytes.size(), hash.data());
  return encode_base64url(hash);
}

std::string encode_base64url(BytesView bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += digits[bits << (6 - count) & 63];
  return text;
}

std::optional<Bytes> decode_base64url(std::string_view text) {
  text = without_padding(text);
  if (text.size() % 4 == 1) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const int value = base64url_value(digit);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  // One text for the same bytes: what is left over is zero.
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string decode_percent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  std::string escaped;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '%') {
      decoded += text[at++];
      continue;
    }
    escaped.clear();
    for (; at < text.size() && text[at] == '%'; at += 3) {
      if (text.size() - at < 3) return std::string(text);
      const int high = hex_value(text[at + 1]);
      const int low = hex_value(text[at + 2]);
      if (high < 0 || low < 0) return std::string(text);
      escaped += static_cast<char>(high << 4 | low);
    }
    if (!is_valid_utf8(escaped)) return std::string(text);
    decoded += escaped;
  }
  return decoded;
}

}  // namespace canvas::auth
