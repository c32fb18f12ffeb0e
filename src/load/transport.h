// A socket to the server, plain or with TLS.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "load/target.h"

namespace canvas::load {

enum class CertificateCheck { strict, none };

// What all TLS connections of a run share.
using TlsContext = std::shared_ptr<SSL_CTX>;
Result<TlsContext> make_tls_context(CertificateCheck check);

// Where to connect, known for all connections.
struct Server {
  Target target;
  Endpoint endpoint;
  TlsContext tls;  // none where the URL is ws://
};

// Resolves, and makes the context that the URL needs.
Result<Server> prepare_server(const Target& target, CertificateCheck check);

// Owns a non-blocking socket. Connecting and the TLS handshake go on by themselves with reads and writes.
class Transport {
public:
  // `ordinal` counts connections: on one machine they come from different addresses of 127.0.0.0/8, each of
  // which has ports of its own.
  static Result<Transport> open(const Server& server, std::uint32_t ordinal);

  Transport(Transport&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}
  Transport& operator=(Transport&&) = delete;
  ~Transport();

  int socket() const { return socket_; }

  // How many bytes were read or written; 0 when none can be now. Fails when the connection is lost.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  Result<std::size_t> write(BytesView bytes);
  // There is more to read that no poll of the socket tells of.
  bool has_buffered() const { return tls_ && SSL_pending(tls_.get()) > 0; }

  // The close that comes will be without a goodbye, as of a machine that is gone.
  void cut();

private:
  using Tls = std::unique_ptr<SSL, decltype(&SSL_free)>;

  explicit Transport(int socket) : socket_(socket), tls_(nullptr, &SSL_free) {}
  Result<void> start_tls(const Server& server);
  Result<std::size_t> after_tls(int result) const;

  int socket_;
  Tls tls_;
};

}  // namespace canvas::load
