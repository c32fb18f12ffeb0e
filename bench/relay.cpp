// The bare epoll relay: the least that a server can do for a fan-out, and so the lower bound that canvas-ws
// is held against.
//
// One thread; of WebSocket and Hocuspocus only what the load generator needs; no CRDT, no storage, no limits,
// and it trusts its input. Updates go verbatim to the other members of the document, framed once and shared
// by reference. Whatever a loop turn has for a socket leaves with one gather `sendmsg`.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>

#include "append/parts.h"
#include "base/result.h"
#include "lib0/reader.h"
#include "protocol/frame.h"

namespace canvas::bench {
namespace {

constexpr std::size_t read_buffer_bytes = 256u << 10;
constexpr std::size_t max_frame_bytes = 64u << 10;
constexpr std::size_t frames_per_send = 128;
constexpr int events_per_turn = 256;

// The message types of Hocuspocus that the relay knows (docs/protocols.md).
constexpr std::uint8_t sync_message = 0;
constexpr std::uint8_t auth_message = 2;
constexpr std::uint8_t step1 = 0;

struct Peer;

// What is said to every member in the same words is framed once.
struct Document {
  std::vector<Peer*> members;
  SharedBytes authenticated;
  SharedBytes empty_step1;
  SharedBytes empty_step2;
  SharedBytes saved;
};

// One client.
struct Peer {
  explicit Peer(int descriptor) : socket(descriptor) {}
  ~Peer() { close(socket); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int socket;
  bool is_upgraded = false;
  bool is_queued_for_flush = false;
  bool waits_for_room = false;  // the kernel's buffer is full: epoll tells when to go on
  bool is_gone = false;
  Bytes unread;  // the beginning of a frame
  std::vector<SharedBytes> output;
  std::size_t sent_of_first = 0;
  Document* document = nullptr;
};

Error system_error(std::string_view what) {
  return {Errc::io, std::string(what) + ": " + std::strerror(errno)};
}

class Relay {
public:
  // Listens on 127.0.0.1; port 0 is any free one.
  static Result<std::unique_ptr<Relay>> listen(std::uint16_t port);

  std::uint16_t port() const;
  // Serves until a system call fails.
  Error run();

private:
  Relay(int listener, int poller) : listener_(listener), poller_(poller), buffer_(read_buffer_bytes) {}

  void accept_all();
  void on_readable(Peer& peer);
  std::size_t read_frames(Peer& peer, std::span<std::uint8_t> bytes);
  std::size_t upgrade(Peer& peer, BytesView bytes);
  void on_frame(Peer& peer, Opcode opcode, BytesView payload);
  void on_message(Peer& peer, BytesView message);
  void join(Peer& peer, std::string_view name);
  void relay(Peer& author, BytesView message);
  void queue(Peer& peer, SharedBytes frame);
  void flush_all();
  void flush(Peer& peer);
  void watch(Peer& peer, int operation);
  void drop(Peer& peer);

  int listener_;
  int poller_;
  Bytes buffer_;  // what was just read, of whichever peer
  std::unordered_map<Peer*, std::unique_ptr<Peer>> peers_;
  std::map<std::string, Document, std::less<>> documents_;
  std::vector<Peer*> to_flush_;
  std::vector<Peer*> to_delete_;
};

Result<std::unique_ptr<Relay>> Relay::listen(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return system_error("socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return system_error("bind");
  if (::listen(listener, SOMAXCONN) < 0) return system_error("listen");
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) return system_error("epoll");
  return std::unique_ptr<Relay>(new Relay(listener, poller));
}

std::uint16_t Relay::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Error Relay::run() {
  std::array<epoll_event, events_per_turn> events{};
  for (;;) {
    const int count = epoll_wait(poller_, events.data(), events_per_turn, -1);
    if (count < 0 && errno != EINTR) return system_error("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* peer = static_cast<Peer*>(event.data.ptr);
      if (peer == nullptr) {
        accept_all();
        continue;
      }
      if ((event.events & EPOLLOUT) != 0) flush(*peer);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0 && !peer->is_gone) on_readable(*peer);
    }
    flush_all();
    for (Peer* peer : to_delete_) peers_.erase(peer);
    to_delete_.clear();
  }
}

void Relay::accept_all() {
  for (;;) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto peer = std::make_unique<Peer>(descriptor);
    watch(*peer, EPOLL_CTL_ADD);
    peers_.emplace(peer.get(), std::move(peer));
  }
}

void Relay::on_readable(Peer& peer) {
  const std::size_t kept = peer.unread.size();  // less than the header and payload of one frame
  std::copy(peer.unread.begin(), peer.unread.end(), buffer_.begin());
  peer.unread.clear();
  const ssize_t got = recv(peer.socket, buffer_.data() + kept, buffer_.size() - kept, 0);
  const bool is_nothing_there = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got <= 0 && !is_nothing_there) return drop(peer);
  const std::span<std::uint8_t> bytes(buffer_.data(),
                                      kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  const std::size_t used = read_frames(peer, bytes);
  if (!peer.is_gone && used < bytes.size()) peer.unread = to_bytes(bytes.subspan(used));
}

// Gives how many of the bytes it is done with.
std::size_t Relay::read_frames(Peer& peer, std::span<std::uint8_t> bytes) {
  std::size_t used = peer.is_upgraded ? 0 : upgrade(peer, bytes);
  while (peer.is_upgraded && !peer.is_gone) {
    const std::optional<FrameHeader> header = read_frame_header(bytes.subspan(used));
    if (!header) break;
    if (!header->mask || !header->is_final || header->payload_size > max_frame_bytes) {
      drop(peer);
      break;
    }
    if (bytes.size() - used < header->size + header->payload_size) break;
    const std::span<std::uint8_t> payload = bytes.subspan(used + header->size, header->payload_size);
    apply_mask(payload, *header->mask);
    used += header->size + payload.size();
    on_frame(peer, header->opcode, payload);
  }
  return used;
}

std::size_t Relay::upgrade(Peer& peer, BytesView bytes) {
  const std::size_t size = http_head_size(as_text(bytes));
  if (size == 0) {
    if (bytes.size() > max_frame_bytes) drop(peer);
    return 0;
  }
  const std::string_view key = header_value(as_text(bytes.first(size)), "sec-websocket-key");
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_key(key) + "\r\n\r\n";
  queue(peer, std::make_shared<const Bytes>(to_bytes(as_bytes(answer))));
  peer.is_upgraded = true;
  return size;
}

void Relay::on_frame(Peer& peer, Opcode opcode, BytesView payload) {
  if (opcode == Opcode::binary) return on_message(peer, payload);
  if (opcode == Opcode::close) return drop(peer);
  if (opcode != Opcode::ping) return;
  Bytes pong;
  append_frame_header(pong, Opcode::pong, payload.size(), std::nullopt);
  pong.insert(pong.end(), payload.begin(), payload.end());
  queue(peer, std::make_shared<const Bytes>(std::move(pong)));
}

void Relay::on_message(Peer& peer, BytesView message) {
  lib0::Reader in(message);
  const std::string_view name = as_text(in.read_var_bytes());
  const std::uint8_t type = in.read_u8();
  if (in.failed()) return;
  if (peer.document == nullptr) join(peer, name);
  if (type == auth_message) return queue(peer, peer.document->authenticated);
  if (type != sync_message) return;
  if (in.read_u8() != step1) return relay(peer, message);
  queue(peer, peer.document->empty_step1);
  queue(peer, peer.document->empty_step2);
}

void Relay::join(Peer& peer, std::string_view name) {
  auto found = documents_.find(name);
  if (found == documents_.end()) {
    static constexpr std::array<std::uint8_t, 1> empty_state_vector{0};
    static constexpr std::array<std::uint8_t, 2> empty_update{0, 0};
    const protocol::Address address{protocol::Dialect::hocuspocus, std::string(name)};
    Document document{{},
                      protocol::authenticated(address, protocol::Scope::read_write),
                      protocol::sync_step1(address, empty_state_vector),
                      protocol::sync_step2(address, empty_update),
                      protocol::sync_status(address, true)};
    found = documents_.emplace(name, std::move(document)).first;
  }
  peer.document = &found->second;
  peer.document->members.push_back(&peer);
}

void Relay::relay(Peer& author, BytesView message) {
  Bytes bytes;
  bytes.reserve(10 + message.size());
  append_frame_header(bytes, Opcode::binary, message.size(), std::nullopt);
  bytes.insert(bytes.end(), message.begin(), message.end());
  const auto frame = std::make_shared<const Bytes>(std::move(bytes));
  for (Peer* member : author.document->members) {
    if (member != &author) queue(*member, frame);
  }
  queue(author, author.document->saved);
}

void Relay::queue(Peer& peer, SharedBytes frame) {
  peer.output.push_back(std::move(frame));
  if (peer.is_queued_for_flush || peer.waits_for_room) return;
  peer.is_queued_for_flush = true;
  to_flush_.push_back(&peer);
}

void Relay::flush_all() {
  for (Peer* peer : to_flush_) {
    peer->is_queued_for_flush = false;
    if (!peer->is_gone) flush(*peer);
  }
  to_flush_.clear();
}

void Relay::flush(Peer& peer) {
  std::size_t next = 0;
  bool is_full = false;
  while (next < peer.output.size() && !is_full) {
    std::array<iovec, frames_per_send> parts;
    std::size_t count = 0;
    for (; count < frames_per_send && next + count < peer.output.size(); ++count) {
      const Bytes& frame = *peer.output[next + count];
      const std::size_t skip = count == 0 ? peer.sent_of_first : 0;
      parts[count] = {const_cast<std::uint8_t*>(frame.data()) + skip, frame.size() - skip};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(peer.socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return drop(peer);
    is_full = sent < 0;
    std::size_t left = is_full ? 0 : static_cast<std::size_t>(sent) + peer.sent_of_first;
    while (left > 0 && left >= peer.output[next]->size()) left -= peer.output[next++]->size();
    if (!is_full) peer.sent_of_first = left;
  }
  peer.output.erase(peer.output.begin(), peer.output.begin() + static_cast<std::ptrdiff_t>(next));
  if (is_full == peer.waits_for_room) return;
  peer.waits_for_room = is_full;
  watch(peer, EPOLL_CTL_MOD);
}

void Relay::watch(Peer& peer, int operation) {
  const std::uint32_t interest = EPOLLIN | (peer.waits_for_room ? std::uint32_t{EPOLLOUT} : 0u);
  epoll_event event{.events = interest, .data = {.ptr = &peer}};
  epoll_ctl(poller_, operation, peer.socket, &event);
}

// The socket is closed at the end of the turn: until then others may hold the peer.
void Relay::drop(Peer& peer) {
  if (peer.is_gone) return;
  peer.is_gone = true;
  epoll_ctl(poller_, EPOLL_CTL_DEL, peer.socket, nullptr);
  if (peer.document != nullptr) std::erase(peer.document->members, &peer);
  to_delete_.push_back(&peer);
}

void allow_many_sockets() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run_relay(std::uint16_t port) {
  allow_many_sockets();
  Result<std::unique_ptr<Relay>> relay = Relay::listen(port);
  if (!relay) {
    std::fprintf(stderr, "bench_relay: %s\n", relay.error().message.c_str());
    return 1;
  }
  std::printf("{\"event\":\"server.listening\",\"port\":%u}\n", unsigned{(*relay)->port()});
  std::fflush(stdout);
  const Error error = (*relay)->run();
  std::fprintf(stderr, "bench_relay: %s\n", error.message.c_str());
  return 1;
}

}  // namespace
}  // namespace canvas::bench

int main(int argc, char** argv) {
  if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
    std::fputs(
        "usage: bench_relay [PORT]\nListens on 127.0.0.1; without a port, or with 0, on any free one, which "
        "it prints.\n",
        stderr);
    return 2;
  }
  const unsigned long port = argc == 2 ? std::strtoul(argv[1], nullptr, 10) : 0;
  return canvas::bench::run_relay(static_cast<std::uint16_t>(port));
}
