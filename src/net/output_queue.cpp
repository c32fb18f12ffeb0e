#include "net/output_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace canvas::net {
namespace {

// More would not make a write cheaper by much, and costs stack.
constexpr std::size_t max_gather = 128;

// An idle connection keeps no more than this many slots.
constexpr std::size_t idle_slots = 16;

}  // namespace

void OutputQueue::push(SharedBytes bytes) {
  if (bytes->empty()) return;
  bytes_ += bytes->size();
  buffers_.push_back(std::move(bytes));
}

OutputQueue::Flushed OutputQueue::flush(int socket) {
  while (bytes_ > 0) {
    std::array<iovec, max_gather> parts;
    const std::size_t count = std::min(max_gather, buffers_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes& buffer = *buffers_[first_ + i];
      parts[i] = {const_cast<std::uint8_t*>(buffer.data()), buffer.size()};
    }
    parts[0].iov_base = static_cast<std::uint8_t*>(parts[0].iov_base) + offset_;
    parts[0].iov_len -= offset_;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Flushed::blocked;
    if (sent < 0) {
      forget_all();
      return Flushed::failed;
    }
    advance(static_cast<std::size_t>(sent));
  }
  forget_all();
  return Flushed::all;
}

void OutputQueue::discard_unsent() {
  if (first_ == buffers_.size()) return;
  const std::size_t keep = first_ + (offset_ > 0 ? 1 : 0);
  buffers_.resize(keep);
  bytes_ = offset_ > 0 ? buffers_[first_]->size() - offset_ : 0;
}

void OutputQueue::forget_all() {
  buffers_.clear();
  if (buffers_.capacity() > idle_slots) buffers_ = {};
  first_ = 0;
  offset_ = 0;
  bytes_ = 0;
}

void OutputQueue::advance(std::size_t count) {
  bytes_ -= count;
  while (count > 0) {
    const std::size_t left = buffers_[first_]->size() - offset_;
    if (count < left) {
      offset_ += count;
      break;
    }
    count -= left;
    buffers_[first_++].reset();
    offset_ = 0;
  }
  // A socket that never drains quite must not keep the slots of all that it ever sent.
  if (first_ > buffers_.size() / 2 && first_ > max_gather) {
    buffers_.erase(buffers_.begin(), buffers_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace canvas::net
