#include "net/wire.h"

#include <utility>

namespace canvas::net {

Wire::Wire(Shard& shard, Socket socket)
    : shard_(shard), socket_(std::move(socket)), last_progress_(shard.now()) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void Wire::send(SharedBytes bytes) {
  if (!socket_.is_open()) return;
  if (queue_.empty()) last_progress_ = shard_.now();
  queue_.push(std::move(bytes));
  if (scheduled_ || blocked_ || queue_.empty()) return;
  scheduled_ = true;
  shard_.flush_later(shared_from_this());
}

void Wire::when_backlog_at_most(std::size_t bytes, std::function<void()> then) {
  resume_at_ = bytes;
  resume_ = std::move(then);
  if (scheduled_ || blocked_) return;
  scheduled_ = true;
  shard_.flush_later(shared_from_this());
}

void Wire::flush() {
  scheduled_ = false;
  if (!socket_.is_open()) return resume_writer();
  const std::size_t before = queue_.bytes();
  const OutputQueue::Flushed flushed = queue_.flush(socket_.native_handle());
  if (queue_.bytes() < before || queue_.empty()) last_progress_ = shard_.now();
  if (flushed != OutputQueue::Flushed::failed) shard_.traffic().sent_bytes += before - queue_.bytes();
  if (flushed == OutputQueue::Flushed::failed) close();
  if (flushed == OutputQueue::Flushed::blocked) wait_until_writable();
  if (queue_.bytes() <= resume_at_) resume_writer();
  if (flushed == OutputQueue::Flushed::all && on_drained_) on_drained_();
}

void Wire::wait_until_writable() {
  blocked_ = true;
  socket_.async_wait(Socket::wait_write, [wire = shared_from_this()](boost::system::error_code) {
    wire->blocked_ = false;
    wire->flush();
  });
}

void Wire::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  queue_ = {};
  resume_writer();
}

// Who waits to write more must be told, also that the socket is closed, or would wait for ever.
void Wire::resume_writer() {
  if (auto resume = std::exchange(resume_, nullptr)) shard_.post(std::move(resume));
}

}  // namespace canvas::net
