#include "append/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace canvas::bench {
namespace {

constexpr std::uint64_t max_message_bytes = 256u << 20;

Error system_error(std::string_view what) {
  return {Errc::io, std::string(what) + ": " + std::strerror(errno)};
}

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::array<unsigned char, 4 * 6 + 1> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return address;
}

// Connecting blocks: on one machine it ends at once.
Result<int> connect_to(std::uint16_t port, std::uint32_t source) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error("socket");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in from = address_of(source, 0);
  const sockaddr_in to = address_of(INADDR_LOOPBACK, port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&from), sizeof from) < 0 ||
      connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) {
    Error error = system_error("cannot connect to port " + std::to_string(port));
    close(descriptor);
    return error;
  }
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return descriptor;
}

}  // namespace

Result<Connection> Connection::open(std::uint16_t port, std::string_view path, std::uint32_t source) {
  const Result<int> descriptor = connect_to(port, source);
  if (!descriptor) return descriptor.error();
  Connection connection(*descriptor, random_key());
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const std::string request =
      "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: " + connection.key_ + "\r\n\r\n";
  connection.output_ = to_bytes(as_bytes(request));
  if (const Result<FlushResult> flushed = connection.flush(); !flushed) return flushed.error();
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      key_(std::move(other.key_)),
      is_upgraded_(other.is_upgraded_),
      unread_(other.unread_),
      kept_(std::move(other.kept_)),
      output_(std::move(other.output_)),
      sent_(other.sent_),
      mask_state_(other.mask_state_) {}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

Result<void> Connection::receive(ReadBuffer& buffer) {
  const std::size_t kept = kept_.size();
  if (buffer.size() < kept + read_buffer_bytes / 2) buffer.resize(kept + read_buffer_bytes);
  std::copy(kept_.begin(), kept_.end(), buffer.begin());
  kept_.clear();
  const ssize_t got = recv(socket_, buffer.data() + kept, buffer.size() - kept, 0);
  if (got == 0) return Error{Errc::io, "the server has closed the connection"};
  if (got < 0 && errno != EAGAIN && errno != EINTR) return system_error("recv");
  unread_ = BytesView(buffer).first(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return {};
}

Result<std::optional<BytesView>> Connection::next_message() {
  if (!is_upgraded_) {
    if (Result<void> finished = finish_upgrade(); !finished) return finished.error();
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
    if (header->opcode == Opcode::close) {
      const int code = payload.size() < 2 ? 1005 : payload[0] << 8 | payload[1];
      return Error{Errc::io, "the server has closed the WebSocket with " + std::to_string(code)};
    }
  }
  keep_rest();
  return std::optional<BytesView>{};
}

void Connection::send(BytesView message) {
  send_frame(Opcode::binary, message);
}

Result<FlushResult> Connection::flush() {
  while (sent_ < output_.size()) {
    const ssize_t sent = ::send(socket_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return FlushResult::blocked;
    if (sent < 0 && errno != EINTR) return system_error("send");
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
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
  if (size == 0) return {};
  const std::string_view head = as_text(unread_.first(size));
  if (!head.starts_with("HTTP/1.1 101 ")) {
    return Error{Errc::forbidden,
                 "the server refuses the upgrade: " + std::string(head.substr(0, head.find("\r\n")))};
  }
  if (header_value(head, "sec-websocket-accept") != accept_key(key_)) {
    return malformed("the server has answered the WebSocket key with another's");
  }
  unread_ = unread_.subspan(size);
  is_upgraded_ = true;
  return {};
}

void Connection::keep_rest() {
  kept_.assign(unread_.begin(), unread_.end());
  unread_ = {};
}

}  // namespace canvas::bench
