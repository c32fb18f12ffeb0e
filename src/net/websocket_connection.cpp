#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>

#include "net/websocket_connection_internal.h"

namespace canvas::net {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

// What a connection keeps of its read buffer between messages.
constexpr std::size_t idle_buffer_bytes = 2048;

constexpr std::uint16_t no_close_frame = 1006;

SharedBytes ping_frame() {
  static const SharedBytes frame = std::make_shared<const Bytes>(Bytes{0x89, 0x00});
  return frame;
}

// Beast 1.81's own timers use the wrong executor after an error, so ours do their work; deflate stays off,
// where a message that inflates in several steps can lose its end.
class WebSocketConnection final : public WebSocket,
                                  public Resident,
                                  public std::enable_shared_from_this<WebSocketConnection> {
public:
  WebSocketConnection(BeastStream stream, std::string remote_address, const WebSocketLimits& limits,
                      std::shared_ptr<WebSocketHandler> handler, std::shared_ptr<const void> arrival)
      : wire_(stream.shared_wire()),
        shard_(wire_->shard()),
        stream_(std::move(stream)),
        remote_address_(std::move(remote_address)),
        limits_(limits),
        handler_(std::move(handler)),
        arrival_(std::move(arrival)),
        last_received_(shard_.now()),
        last_ping_(shard_.now()) {}

  void start(const UpgradeRequest& request) {
    shard_.add(shared_from_this());
    websocket::stream_base::timeout no_timers{websocket::stream_base::none(), websocket::stream_base::none(),
                                              false};
    stream_.set_option(no_timers);
    stream_.read_message_max(limits_.max_message_bytes);
    stream_.control_callback(
        [this](websocket::frame_type, beast::string_view) { last_received_ = shard_.now(); });
    // A browser that offers subprotocols insists on one of them.
    const beast::string_view offered = request[beast::http::field::sec_websocket_protocol];
    if (!offered.empty()) {
      const std::string first(offered.substr(0, offered.find(',')));
      stream_.set_option(websocket::stream_base::decorator([first](websocket::response_type& response) {
        response.set(beast::http::field::sec_websocket_protocol, first);
      }));
    }
    stream_.async_accept(request,
                         [self = shared_from_this()](beast::error_code error) { self->opened(error); });
  }

  void send(SharedBytes frame) override {
    if (!closing_) wire_->send(std::move(frame));
  }

  std::size_t backlog_bytes() const override { return wire_->backlog_bytes(); }

  void close(CloseCode code, std::string_view reason, Unsent unsent) override {
    if (closing_) return;
    closing_ = true;
    note_ending({Ending::By::server, static_cast<std::uint16_t>(code)});
    deadline_ = shard_.now() + limits_.close_timeout;
    if (unsent == Unsent::discard) wire_->discard_unsent();
    if (!stream_.is_open()) return;
    const websocket::close_reason why(static_cast<websocket::close_code>(code),
                                      beast::string_view(reason.data(), reason.size()));
    stream_.async_close(why, [self = shared_from_this()](beast::error_code) { self->ended(); });
  }

  void pause_reading(std::chrono::milliseconds time) override {
    paused_until_ = std::max(paused_until_, std::chrono::steady_clock::now() + time);
  }

  void set_max_message_bytes(std::size_t bytes) override { stream_.read_message_max(bytes); }
  const std::string& remote_address() const override { return remote_address_; }
  Ending ending() const override { return ending_.value_or(Ending{Ending::By::lost, no_close_frame}); }

  void tick(Time now) override {
    if (closing_) {
      if (now > deadline_) wire_->close();
      return;
    }
    // A long message on a slow line is a sign of life as well.
    if (std::exchange(buffered_, buffer_.size()) != buffer_.size()) last_received_ = now;
    // While we do not read we cannot know.
    if (pause_waits_) last_received_ = now;
    const bool silent = now - last_received_ > limits_.idle_timeout;
    const bool stuck = now - wire_->last_progress() > limits_.idle_timeout && wire_->backlog_bytes() > 0;
    if (silent || stuck) {
      note_ending({Ending::By::timeout, no_close_frame});
      return wire_->close();
    }
    if (now - last_received_ >= limits_.ping_interval && now - last_ping_ >= limits_.ping_interval) {
      last_ping_ = now;
      wire_->send(ping_frame());
    }
    if (open_) handler_->on_tick(now);
  }

  void break_off() override { wire_->close(); }

private:
  void opened(beast::error_code error) {
    if (error) return ended();
    open_ = true;
    wire_->set_on_drained([this] { drained(); });
    handler_->on_open(*this);
    arrival_.reset();
    read();
  }

  void read() {
    if (ended_) return;
    if (const Time now = std::chrono::steady_clock::now(); now < paused_until_) return read_later(now);
    if (wire_->backlog_bytes() > limits_.max_backlog_bytes) {
      reading_waits_ = true;
      return;
    }
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      self->received(error);
    });
  }

  void read_later(Time now) {
    // A close that has begun reads on its own.
    if (closing_ || std::exchange(pause_waits_, true)) return;
    shard_.after(std::chrono::ceil<std::chrono::milliseconds>(paused_until_ - now),
                 [self = weak_from_this()] {
                   const auto connection = self.lock();
                   if (!connection) return;
                   connection->pause_waits_ = false;
                   if (!connection->closing_) connection->read();
                 });
  }

  void received(beast::error_code error) {
    if (error == websocket::error::message_too_big && !closing_) {
      note_ending({Ending::By::server, static_cast<std::uint16_t>(CloseCode::too_big)});
      handler_->on_too_big();
    }
    if (error == websocket::error::closed) note_ending({Ending::By::client, stream_.reason().code});
    if (error) return ended();
    last_received_ = shard_.now();
    if (!closing_) {
      if (stream_.got_text()) {
        close(CloseCode::unsupported_data, "only binary messages are taken", Unsent::deliver);
      } else {
        const auto message = buffer_.cdata();
        ++shard_.traffic().received_messages;
        shard_.traffic().received_bytes += message.size();
        handler_->on_message({static_cast<const std::uint8_t*>(message.data()), message.size()});
      }
    }
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > idle_buffer_bytes) buffer_.shrink_to_fit();
    read();
  }

  // The first is what it was.
  void note_ending(Ending ending) {
    if (!ending_) ending_ = ending;
  }

  void drained() {
    if (ended_) return;
    if (!closing_) handler_->on_drained();
    if (std::exchange(reading_waits_, false)) read();
  }

  // However the connection came to its end; more than one operation may find out.
  void ended() {
    if (std::exchange(ended_, true)) return;
    closing_ = true;
    wire_->close();
    wire_->set_on_drained(nullptr);
    if (open_) handler_->on_closed();
    handler_.reset();
    arrival_.reset();
    shard_.remove(shared_from_this());
  }

  const std::shared_ptr<Wire> wire_;
  Shard& shard_;
  websocket::stream<BeastStream, false> stream_;
  beast::flat_buffer buffer_;
  const std::string remote_address_;
  const WebSocketLimits& limits_;
  std::shared_ptr<WebSocketHandler> handler_;
  std::optional<Ending> ending_;
  std::shared_ptr<const void> arrival_;
  bool open_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool reading_waits_ = false;  // for the client to read what it was sent
  bool pause_waits_ = false;    // for paused_until_
  std::size_t buffered_ = 0;    // of a message that is on its way, at the last tick
  Time paused_until_{};
  Time deadline_{};
  Time last_received_;
  Time last_ping_;
};

}  // namespace

std::string_view name_of(Ending::By by) {
  switch (by) {
    case Ending::By::server: return "server";
    case Ending::By::client: return "client";
    case Ending::By::timeout: return "timeout";
    case Ending::By::lost: return "lost";
  }
  return "lost";
}

void start_websocket(BeastStream stream, const UpgradeRequest& request, std::string remote_address,
                     const WebSocketLimits& limits, std::shared_ptr<WebSocketHandler> handler,
                     std::shared_ptr<const void> arrival) {
  std::make_shared<WebSocketConnection>(std::move(stream), std::move(remote_address), limits,
                                        std::move(handler), std::move(arrival))
      ->start(request);
}

}  // namespace canvas::net
