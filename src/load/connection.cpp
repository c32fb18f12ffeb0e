#include "load/connection.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace canvas::load {
namespace {

constexpr std::uint64_t max_message_bytes = 256u << 20;
constexpr std::size_t max_head_bytes = 64u << 10;
constexpr int try_again_later = 1013;
constexpr int unauthenticated_close = 4401;
constexpr int forbidden_close = 4403;

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::array<unsigned char, 4 * 6 + 1> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

std::string request_text(const Server& server, const Upgrade& upgrade, const std::string& key) {
  std::string text = "GET " + upgrade.path + " HTTP/1.1\r\nHost: " + server.target.authority() +
                     "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "User-Agent: canvas-ws bench\r\nSec-WebSocket-Key: " +
                     key + "\r\n";
  if (!upgrade.origin.empty()) text += "Origin: " + upgrade.origin + "\r\n";
  if (!upgrade.cookie.empty()) text += "Cookie: " + upgrade.cookie + "\r\n";
  return text + "\r\n";
}

Error refusal(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::string_view status = line.size() > 9 ? line.substr(9, 3) : std::string_view{};
  const Errc code = status == "401"                              ? Errc::unauthenticated
                    : status == "403"                            ? Errc::forbidden
                    : status == "429" || status.starts_with('5') ? Errc::unavailable
                                                                 : Errc::unsupported;
  std::string words;
  for (const char c : line.substr(0, 100)) words += c >= ' ' && c <= '~' ? c : '?';
  return {code, "the server refuses the WebSocket: " + words};
}

Error closed_with(BytesView payload) {
  const int code = payload.size() < 2 ? 1005 : payload[0] << 8 | payload[1];
  const Errc kind = code == unauthenticated_close ? Errc::unauthenticated
                    : code == forbidden_close     ? Errc::forbidden
                    : code == try_again_later     ? Errc::unavailable
                                                  : Errc::io;
  return {kind, "the server has closed the WebSocket with " + std::to_string(code)};
}

}  // namespace

Result<Connection> Connection::open(const Server& server, const Upgrade& upgrade, std::uint32_t ordinal) {
  Result<Transport> transport = Transport::open(server, ordinal);
  if (!transport) return transport.error();
  Connection connection(std::move(*transport), random_key());
  connection.output_ = to_bytes(as_bytes(request_text(server, upgrade, connection.key_)));
  return connection;
}

Result<void> Connection::receive(ReadBuffer& buffer) {
  const std::size_t kept = kept_.size();
  if (buffer.size() < kept + read_buffer_bytes / 2) buffer.resize(kept + read_buffer_bytes);
  std::copy(kept_.begin(), kept_.end(), buffer.begin());
  kept_.clear();
  const Result<std::size_t> got = transport_.read(std::span(buffer).subspan(kept));
  if (!got) return got.error();
  unread_ = BytesView(buffer).first(kept + *got);
  return {};
}

Result<std::optional<BytesView>> Connection::next_message() {
  if (!is_upgraded_) {
    if (const Result<void> finished = finish_upgrade(); !finished) return finished.error();
  }
  while (is_upgraded_) {
    const std::optional<FrameHeader> header = read_frame_header(unread_);
    if (!header) break;
    if (!header->is_final || header->mask || header->payload_size > max_message_bytes) {
      return malformed("the server has sent a frame that is fragmented, masked or too large");
    }
    if (unread_.size() - header->size < header->payload_size) break;
    const BytesView payload = unread_.subspan(header->size, header->payload_size);
    unread_ = unread_.subspan(header->size + header->payload_size);
    if (header->opcode == Opcode::binary) return std::optional<BytesView>(payload);
    if (header->opcode == Opcode::ping) send_frame(Opcode::pong, payload);
    if (header->opcode == Opcode::close) return closed_with(payload);
  }
  keep_rest();
  return std::optional<BytesView>{};
}

void Connection::send_close() {
  constexpr std::array<std::uint8_t, 2> normal{1000 >> 8, 1000 & 0xff};
  send_frame(Opcode::close, normal);
}

Result<FlushResult> Connection::flush() {
  while (sent_ < output_.size()) {
    const Result<std::size_t> sent = transport_.write(BytesView(output_).subspan(sent_));
    if (!sent) return sent.error();
    if (*sent == 0) return FlushResult::blocked;
    sent_ += *sent;
  }
  output_.clear();
  sent_ = 0;
  return FlushResult::done;
}

void Connection::send_frame(Opcode opcode, BytesView payload) {
  // xorshift: a mask has to differ from frame to frame, as a browser's does; here nobody has to be kept from
  // guessing it.
  mask_state_ ^= mask_state_ << 13;
  mask_state_ ^= mask_state_ >> 17;
  mask_state_ ^= mask_state_ << 5;
  Mask mask{};
  std::memcpy(mask.data(), &mask_state_, mask.size());
  append_frame_header(output_, opcode, payload.size(), mask);
  const std::size_t start = output_.size();
  output_.insert(output_.end(), payload.begin(), payload.end());
  apply_mask(std::span(output_).subspan(start), mask);
}

Result<void> Connection::finish_upgrade() {
  const std::size_t size = http_head_size(as_text(unread_));
  if (size == 0) {
    if (unread_.size() > max_head_bytes) return malformed("the server's answer to the upgrade has no end");
    return {};
  }
  const std::string_view head = as_text(unread_).substr(0, size);
  if (!head.starts_with("HTTP/1.1 101")) return refusal(head);
  if (header_value(head, "sec-websocket-accept") != accept_key(key_)) {
    return malformed("the server's answer to the upgrade is not for this connection");
  }
  is_upgraded_ = true;
  unread_ = unread_.subspan(size);
  return {};
}

void Connection::keep_rest() {
  kept_.assign(unread_.begin(), unread_.end());
  unread_ = {};
}

}  // namespace canvas::load
