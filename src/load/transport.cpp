#include "load/transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace canvas::load {
namespace {

// Of 127.0.0.0/8; 28,000 ports each.
constexpr std::uint32_t source_addresses = 200;

Error system_error(std::string_view what) {
  return {Errc::io, std::string(what) + ": " + std::strerror(errno)};
}

std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was closed" : reason;
}

bool is_address(const std::string& host) {
  return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
}

// Else the ports of one address would run out within a minute of many short connections.
void choose_source(int descriptor, std::uint32_t ordinal) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + ordinal % source_addresses);
  // Where it fails the kernel chooses.
  static_cast<void>(bind(descriptor, reinterpret_cast<const sockaddr*>(&from), sizeof from));
}

}  // namespace

Result<TlsContext> make_tls_context(CertificateCheck check) {
  TlsContext context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return Error{Errc::io, "cannot set TLS up: " + tls_reason()};
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), check == CertificateCheck::strict ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     nullptr);
  return context;
}

Result<Server> prepare_server(const Target& target, CertificateCheck check) {
  Server server{target, {}, {}};
  if (target.is_encrypted) {
    Result<TlsContext> context = make_tls_context(check);
    if (!context) return context.error();
    server.tls = *context;
  }
  Result<Endpoint> endpoint = resolve(target);
  if (!endpoint) return endpoint.error();
  server.endpoint = *endpoint;
  return server;
}

Result<Transport> Transport::open(const Server& server, std::uint32_t ordinal) {
  const int family = server.endpoint.address.ss_family;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return system_error("socket");
  Transport transport(descriptor);
  if (family == AF_INET && server.endpoint.is_loopback()) choose_source(descriptor, ordinal);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const address = reinterpret_cast<const sockaddr*>(&server.endpoint.address);
  if (connect(descriptor, address, server.endpoint.size) < 0 && errno != EINPROGRESS) {
    return system_error("cannot connect to " + server.target.authority());
  }
  if (server.tls != nullptr) {
    if (const Result<void> started = transport.start_tls(server); !started) return started.error();
  }
  return transport;
}

Transport::~Transport() {
  if (socket_ >= 0) close(socket_);
}

Result<void> Transport::start_tls(const Server& server) {
  tls_.reset(SSL_new(server.tls.get()));
  const std::string& host = server.target.host;
  const bool is_named =
      tls_ && (is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str())
                                : SSL_set1_host(tls_.get(), host.c_str()) &&
                                      SSL_set_tlsext_host_name(tls_.get(), host.c_str())) == 1;
  if (!is_named || SSL_set_fd(tls_.get(), socket_) != 1) {
    return Error{Errc::io, "cannot set TLS up: " + tls_reason()};
  }
  SSL_set_connect_state(tls_.get());
  return {};
}

Result<std::size_t> Transport::after_tls(int result) const {
  if (result > 0) return static_cast<std::size_t>(result);
  const int error = SSL_get_error(tls_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return std::size_t{0};
  const long verified = SSL_get_verify_result(tls_.get());
  if (verified != X509_V_OK && SSL_get_verify_mode(tls_.get()) != SSL_VERIFY_NONE) {
    ERR_clear_error();
    return Error{Errc::forbidden, "the server's certificate is not accepted: " +
                                      std::string(X509_verify_cert_error_string(verified)) +
                                      " (--insecure takes any)"};
  }
  return Error{Errc::io, "TLS: " + tls_reason()};
}

Result<std::size_t> Transport::read(std::span<std::uint8_t> into) {
  if (tls_) return after_tls(SSL_read(tls_.get(), into.data(), static_cast<int>(into.size())));
  const ssize_t got = recv(socket_, into.data(), into.size(), 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) return Error{Errc::io, "the server has closed the connection"};
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return system_error("the connection is lost");
}

Result<std::size_t> Transport::write(BytesView bytes) {
  if (tls_) return after_tls(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return system_error("the connection is lost");
}

void Transport::cut() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace canvas::load
