#include "load/target.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace canvas::load {
namespace {

Error bad_url(std::string_view reason) {
  return {Errc::invalid_use,
          "the URL of the server " + std::string(reason) + ": write ws://HOST:PORT or wss://HOST/PATH"};
}

struct Authority {
  std::string_view host;
  std::string_view port;  // empty where there is none
};

Result<Authority> split_authority(std::string_view text) {
  if (!text.starts_with('[')) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Authority{text, {}};
    return Authority{text.substr(0, colon), text.substr(colon + 1)};
  }
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return bad_url("has a [ without a ]");
  const std::string_view rest = text.substr(end + 1);
  if (!rest.empty() && rest[0] != ':') return bad_url("has something other than a port behind its ]");
  return Authority{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
}

bool answers(const addrinfo& candidate) {
  const int descriptor = ::socket(candidate.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bool is_connected = connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0;
  const int reason = errno;
  close(descriptor);
  errno = reason;
  return is_connected;
}

}  // namespace

std::string Target::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  const bool is_usual = port == (is_encrypted ? 443 : 80);
  return is_usual ? name : name + ':' + std::to_string(port);
}

Result<Target> parse_target(std::string_view url) {
  Target target;
  target.is_encrypted = url.starts_with("wss://");
  if (!target.is_encrypted && !url.starts_with("ws://"))
    return bad_url("begins with neither ws:// nor wss://");
  url.remove_prefix(target.is_encrypted ? 6 : 5);
  if (url.find_first_of("?#@ ") != std::string_view::npos) {
    return bad_url(
        "has a query, a fragment, a user or a blank in it (credentials go into --token or --cookie)");
  }
  const std::size_t slash = std::min(url.find('/'), url.size());
  const Result<Authority> authority = split_authority(url.substr(0, slash));
  if (!authority) return authority.error();
  if (authority->host.empty()) return bad_url("names no host");
  target.host = authority->host;
  target.port = target.is_encrypted ? 443 : 80;
  if (!authority->port.empty()) {
    const char* const end = authority->port.data() + authority->port.size();
    const auto [stopped, error] = std::from_chars(authority->port.data(), end, target.port);
    if (error != std::errc{} || stopped != end || target.port == 0) return bad_url("has a port that is none");
  }
  std::string_view path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  target.path = path;
  return target;
}

bool Endpoint::is_loopback() const {
  if (address.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
  }
  return ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24 == 127;
}

Result<Endpoint> resolve(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error{Errc::unavailable, "cannot look up '" + target.host + "': " + gai_strerror(failure)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
    if (!answers(*candidate)) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.address, candidate->ai_addr, candidate->ai_addrlen);
    endpoint.size = candidate->ai_addrlen;
    return endpoint;
  }
  return Error{Errc::unavailable, "cannot connect to " + target.authority() + ": " + std::strerror(errno) +
                                      " (is the server running, and is the port right?)"};
}

}  // namespace canvas::load
