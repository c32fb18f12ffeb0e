#include "main/server_address.h"

#include <charconv>
#include <cstdlib>
#include <optional>

namespace canvas {
namespace {

constexpr int default_health_port = 3002;

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<ServerAddress> default_address() {
  const auto refused = [](std::string_view name) {
    return Error{Errc::invalid_use, std::string(name) + " is not the number of a port"};
  };
  int port = default_health_port;
  if (const std::string_view health = environment("WS_HEALTH_PORT"); !health.empty()) {
    const auto given = parse_port(health);
    if (!given) return refused("WS_HEALTH_PORT");
    port = *given;
  } else if (const std::string_view main = environment("WS_PORT"); !main.empty()) {
    const auto given = parse_port(main);
    if (!given || *given == 65535) return refused("WS_PORT + 1");
    port = *given + 1;
  }
  return ServerAddress{"127.0.0.1", std::to_string(port)};
}

Result<ServerAddress> parse_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  Error refused{Errc::invalid_use, "--server takes http://HOST:PORT"};
  if (!url.starts_with(scheme)) return refused;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  ServerAddress address{"", "80"};
  std::size_t host_end = url.find(':');
  if (url.starts_with('[')) {
    const std::size_t bracket = url.find(']');
    if (bracket == std::string_view::npos) return refused;
    address.host = url.substr(1, bracket - 1);
    host_end = bracket + 1 == url.size() ? std::string_view::npos : bracket + 1;
    if (host_end != std::string_view::npos && url[host_end] != ':') return refused;
  } else {
    address.host = url.substr(0, host_end);
  }
  if (host_end != std::string_view::npos) {
    const auto port = parse_port(url.substr(host_end + 1));
    if (!port) return refused;
    address.port = std::to_string(*port);
  }
  const bool is_host = address.host.find_first_of("/?#@ \r\n") == std::string::npos && !address.host.empty();
  if (!is_host) return refused;
  return address;
}

}  // namespace

Result<ServerAddress> find_server(std::string_view url) {
  return url.empty() ? default_address() : parse_url(url);
}

}  // namespace canvas
