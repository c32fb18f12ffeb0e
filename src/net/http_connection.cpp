#include "net/http_connection_internal.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "net/websocket_connection_internal.h"

namespace canvas::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

class HttpConnection final : public Resident, public std::enable_shared_from_this<HttpConnection> {
public:
  HttpConnection(Socket socket, Peer peer, Shard& shard, const ListenerOptions& options,
                 HttpApplication& application)
      : shard_(shard),
        options_(options),
        application_(application),
        peer_(std::move(peer)),
        end_of_life_(shard.now() + options.http.max_lifetime),
        stream_(std::make_shared<Wire>(shard, std::move(socket))) {}

  void start() {
    shard_.add(shared_from_this());
    read();
  }

  void tick(Time now) override {
    if (now > deadline_) end();
  }

  void break_off() override { stream_.wire().close(); }

private:
  void read() {
    deadline_ = shard_.now() + options_.http.request_timeout;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.http.max_header_bytes));
    parser_->body_limit(0);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->received(error); });
  }

  void received(beast::error_code error) {
    if (error == http::error::end_of_stream) return finish();
    if (error == http::error::header_limit)
      return respond({431, {}, "the request's headers are too long\n"}, Then::close);
    if (error == http::error::body_limit)
      return respond({413, {}, "no request here has a body\n"}, Then::close);
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
      return respond({400, {}, "this is not an HTTP request that can be understood\n"}, Then::close);
    }
    if (error) return end();
    const UpgradeRequest& request = parser_->get();
    const HttpRequest seen = describe(request);
    const Then then = request.keep_alive() ? Then::read_on : Then::close;
    if (!beast::websocket::is_upgrade(request)) return respond(application_.on_request(seen), then);
    // Sixteen random bytes in base64 (RFC 6455, 4.2.1); Beast looks only whether there is a key.
    if (request[http::field::sec_websocket_key].size() != 24) {
      return respond({400, {}, "the handshake has no proper Sec-WebSocket-Key\n"}, Then::close);
    }
    // Nothing may follow a handshake before it is answered.
    if (buffer_.size() > 0) return respond({400, {}, "data follows the handshake too early\n"}, Then::close);
    // The handler keeps the connection's place; a decision after the deadline finds a closed socket.
    application_.on_upgrade(
        seen, [self = shared_from_this()](UpgradeDecision decision) { self->decided(std::move(decision)); });
  }

  void decided(UpgradeDecision decision) {
    if (!stream_.wire().socket().is_open()) return;
    if (auto* refusal = std::get_if<HttpResponse>(&decision)) return respond(*refusal, Then::close);
    auto arrival = std::move(peer_.arrival);
    leave();
    start_websocket(std::move(stream_), parser_->get(), peer_.address, options_.websocket,
                    std::move(std::get<std::shared_ptr<WebSocketHandler>>(decision)), std::move(arrival));
  }

  HttpRequest describe(const UpgradeRequest& request) const {
    HttpRequest seen;
    seen.method = request.method_string();
    const beast::string_view target = request.target();
    const std::size_t mark = target.find('?');
    seen.path = target.substr(0, mark);
    if (mark != beast::string_view::npos) seen.query = target.substr(mark + 1);
    for (const auto& field : request) seen.headers.emplace_back(field.name_string(), field.value());
    seen.remote_address = peer_.address;
    return seen;
  }

  enum class Then { read_on, close };

  void respond(const HttpResponse& answer, Then then) {
    if (shard_.now() + options_.http.request_timeout > end_of_life_) then = Then::close;
    response_.emplace(http::int_to_status(answer.status), 11);
    if (!answer.content_type.empty()) response_->set(http::field::content_type, answer.content_type);
    response_->set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : answer.headers) response_->set(name, value);
    response_->keep_alive(then == Then::read_on);
    response_->body() = answer.body;
    response_->prepare_payload();
    // A HEAD request is answered with the same headers, and no body.
    if (parser_->is_header_done() && parser_->get().method() == http::verb::head) response_->body().clear();
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), then](beast::error_code error, std::size_t) {
                        if (error) return self->end();
                        self->peer_.arrival.reset();
                        if (then == Then::close) return self->finish();
                        self->read();
                      });
  }

  void finish() {
    const std::shared_ptr<Wire> wire = stream_.shared_wire();
    wire->when_backlog_at_most(
        0, [self = shared_from_this(), wire] { drain_and_close(wire, [self] { self->end(); }); });
  }

  void end() {
    stream_.wire().close();
    leave();
  }

  void leave() {
    peer_.place.reset();
    peer_.arrival.reset();
    shard_.remove(shared_from_this());
  }

  Shard& shard_;
  const ListenerOptions& options_;
  HttpApplication& application_;
  Peer peer_;
  const Time end_of_life_;
  BeastStream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  Time deadline_{};
};

}  // namespace

void start_http(Socket socket, Peer peer, Shard& shard, const ListenerOptions& options,
                HttpApplication& application) {
  std::make_shared<HttpConnection>(std::move(socket), std::move(peer), shard, options, application)->start();
}

}  // namespace canvas::net
