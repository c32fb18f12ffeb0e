#include "main/operator_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <optional>

#include "auth/operator_proof.h"
#include "lib0/reader.h"
#include "lib0/writer.h"
#include "protocol/wire.h"

namespace canvas {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace wire = protocol::wire;
using boost::system::error_code;

constexpr std::chrono::seconds connect_patience{2};
constexpr std::string_view operator_scheme = "Canvas-Operator ";
// A document of many megabytes is loaded first, and the commit waits for the database.
constexpr std::chrono::seconds answer_patience{60};

// A WebSocket whose every step ends within a time.
class Connection {
public:
  // Each gives what went wrong.
  error_code connect(const ServerAddress& server) {
    error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto endpoints = resolver.resolve(server.host, server.port, error);
    if (error) return error;
    return run(connect_patience, [&](auto done) {
      asio::async_connect(stream_.next_layer(), endpoints,
                          [done](error_code result, const auto&) { done(result); });
    });
  }

  // `authorization` is the header of that name; empty: none.
  error_code upgrade(const ServerAddress& server, const std::string& authorization) {
    stream_.set_option(beast::websocket::stream_base::decorator([&authorization](auto& request) {
      if (!authorization.empty()) request.set(http::field::authorization, authorization);
    }));
    stream_.read_message_max(0);
    stream_.binary(true);
    return run(connect_patience, [&](auto done) {
      stream_.async_handshake(answer_, server.host + ":" + server.port, "/operator", done);
    });
  }

  error_code write(BytesView message) {
    return run(answer_patience, [&](auto done) {
      stream_.async_write(asio::buffer(message.data(), message.size()),
                          [done](error_code result, std::size_t) { done(result); });
    });
  }

  // The next message; valid until the next call. None when the connection has ended.
  std::optional<BytesView> read(std::chrono::steady_clock::time_point deadline) {
    buffer_.clear();
    const error_code error = run(deadline - std::chrono::steady_clock::now(), [&](auto done) {
      stream_.async_read(buffer_, [done](error_code result, std::size_t) { done(result); });
    });
    if (error) return std::nullopt;
    return BytesView(static_cast<const std::uint8_t*>(buffer_.data().data()), buffer_.data().size());
  }

  const beast::websocket::response_type& answer() const { return answer_; }
  std::string close_reason() const { return std::string(stream_.reason().reason.c_str()); }

private:
  template <class Duration, class Start>
  error_code run(Duration patience, Start start) {
    std::optional<error_code> result;
    start([&result](error_code error) { result = error; });
    context_.restart();
    context_.run_for(patience);
    if (result) return *result;
    error_code ignored;
    stream_.next_layer().close(ignored);
    context_.restart();
    context_.run();
    return asio::error::timed_out;
  }

  asio::io_context context_;
  beast::websocket::stream<asio::ip::tcp::socket> stream_{context_};
  beast::websocket::response_type answer_;
  beast::flat_buffer buffer_;
};

Bytes auth_message(const std::string& document) {
  lib0::Writer out;
  out.write_var_string(document);
  out.write_var_uint(wire::auth);
  out.write_var_uint(wire::auth_token);
  out.write_var_string("");
  return out.take();
}

Bytes sync_message(const std::string& document, std::uint8_t step, BytesView bytes) {
  lib0::Writer out(document.size() + bytes.size() + 32);
  out.write_var_string(document);
  out.write_var_uint(wire::sync);
  out.write_var_uint(step);
  out.write_var_bytes(bytes);
  return out.take();
}

// What a message of the server says; views into it.
struct Said {
  std::optional<std::string_view> denied;
  std::optional<BytesView> state_vector;
  std::optional<BytesView> update;  // a step 2
  std::optional<bool> saved;
};

Said read_message(BytesView message) {
  Said said;
  lib0::Reader in(message);
  in.read_var_string();
  switch (in.read_var_uint()) {
    case wire::auth:
      if (in.read_var_uint() == wire::auth_permission_denied) said.denied = in.read_var_string();
      break;
    case wire::sync: {
      const std::uint64_t step = in.read_var_uint();
      if (step == wire::step1) said.state_vector = in.read_var_bytes();
      if (step == wire::step2) said.update = in.read_var_bytes();
      break;
    }
    case wire::sync_status: said.saved = in.read_var_uint() == 1; break;
    default: break;
  }
  return said;
}

// The nonce of a refusal that asks for a proof; empty: it is none.
std::string_view challenge_of(const beast::websocket::response_type& answer) {
  const auto field = answer[http::field::www_authenticate];
  const std::string_view challenge(field.data(), field.size());
  return challenge.starts_with(operator_scheme) ? challenge.substr(operator_scheme.size())
                                                : std::string_view{};
}

Error refusal(const Connection& connection, const ServerAddress& server) {
  const unsigned status = connection.answer().result_int();
  if (status == 401) {
    return {Errc::unauthenticated,
            "the server at " + server.url() +
                " asks for a proof that its operator is there: set BETTER_AUTH_SECRET as the server has it, "
                "or name the file (--secret-file)"};
  }
  if (status == 403) {
    return {Errc::forbidden, "the server at " + server.url() + " takes edits only from its own machine"};
  }
  return {Errc::io,
          "what is at " + server.url() +
              " does not answer as a canvas-ws server that takes edits now: it may be starting, going "
              "down or overloaded; try again"};
}

class WebSocketOperator final : public OperatorClient {
public:
  WebSocketOperator(ServerAddress server, std::string document)
      : server_(std::move(server)), document_(std::move(document)) {}

  Result<void> connect(const std::string& secret) {
    auto connected = upgrade("");
    if (!connected && connected.error().code == Errc::unauthenticated && !secret.empty()) {
      const std::string answer = answer_to(challenge_of(connection_->answer()), secret);
      if (!answer.empty()) connected = upgrade(answer);
    }
    if (!connected) return connected;
    if (connection_->write(auth_message(document_))) return cut_off();
    return {};
  }

  Result<Live> compare(const crdt::StateVector& known) override {
    if (connection_->write(sync_message(document_, wire::step1, known.encode()))) return cut_off();
    std::optional<crdt::StateVector> state_vector;
    std::optional<Bytes> news;
    const auto outcome = listen([&](const Said& said) -> std::optional<Result<void>> {
      if (said.update) news = to_bytes(*said.update);
      if (said.state_vector) {
        auto decoded = crdt::StateVector::decode(*said.state_vector);
        if (!decoded) return decoded.error();
        state_vector = std::move(*decoded);
      }
      if (news && state_vector) return Result<void>{};
      return std::nullopt;
    });
    if (!outcome) return outcome.error();
    return Live{std::move(*state_vector), std::move(*news)};
  }

  Result<void> send(BytesView update) override {
    if (connection_->write(sync_message(document_, wire::update, update))) return maybe_saved(cut_off());
    auto outcome = listen([](const Said& said) -> std::optional<Result<void>> {
      if (!said.saved) return std::nullopt;
      if (*said.saved) return Result<void>{};
      return Error{Errc::too_large,
                   "the server did not take the edit: the document is read-only, or a limit on its size was "
                   "reached; the server's log says which"};
    });
    return outcome || outcome.error().code != Errc::io ? outcome : maybe_saved(outcome.error());
  }

private:
  Result<void> upgrade(const std::string& authorization) {
    connection_.emplace();
    if (connection_->connect(server_)) {
      return Error{Errc::unavailable, "no server answers at " + server_.url()};
    }
    if (connection_->upgrade(server_, authorization)) return refusal(*connection_, server_);
    return {};
  }

  std::string answer_to(std::string_view nonce, const std::string& secret) const {
    if (nonce.empty()) return {};
    const std::string proof = auth::operator_proof(secret, {std::string(nonce), server_.port});
    return std::string(operator_scheme).append(nonce).append(" ").append(proof);
  }

  // Hands over messages until one of them decides.
  template <class Decide>
  Result<void> listen(Decide decide) {
    const auto deadline = std::chrono::steady_clock::now() + answer_patience;
    while (const auto message = connection_->read(deadline)) {
      const Said said = read_message(*message);
      if (said.denied) {
        return Error{Errc::forbidden, "the server refused the document: " + std::string(*said.denied)};
      }
      if (auto outcome = decide(said)) return *outcome;
    }
    return cut_off();
  }

  static Error maybe_saved(Error why) {
    why.message += "\nThe edit may have been saved all the same: document history shows it";
    return why;
  }

  Error cut_off() const {
    Error error{Errc::io, "the connection to " + server_.url() + " ended before the answer"};
    if (const std::string reason = connection_->close_reason(); !reason.empty()) {
      error.message += " (" + reason + ")";
    }
    return error;
  }

  const ServerAddress server_;
  const std::string document_;
  std::optional<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<OperatorClient>> OperatorClient::open(const ServerAddress& server,
                                                             const std::string& secret,
                                                             const std::string& document) {
  auto client = std::make_unique<WebSocketOperator>(server, document);
  if (const Result<void> connected = client->connect(secret); !connected) return connected.error();
  return std::unique_ptr<OperatorClient>(std::move(client));
}

}  // namespace canvas
