#include "main/open_rooms.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace canvas {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::chrono::seconds patience{2};
constexpr std::size_t max_answer_bytes = 64u << 20;
constexpr int default_health_port = 3002;

struct Address {
  std::string host;
  std::string port;
};

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

Result<Address> default_address() {
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
  return Address{"127.0.0.1", std::to_string(port)};
}

Result<Address> parse_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const Error refused{Errc::invalid_use, "--server takes http://HOST:PORT"};
  if (!url.starts_with(scheme)) return refused;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  Address address{"", "80"};
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

Result<std::string> get_rooms(const Address& address) {
  const std::string where = "http://" + address.host + ":" + address.port;
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(patience);
  stream.connect(address.host, address.port);
  stream << "GET /rooms HTTP/1.1\r\nHost: " << address.host << "\r\nConnection: close\r\n\r\n" << std::flush;
  if (!stream) return Error{Errc::unavailable, "no server answers at " + where};

  const Error no_answer = malformed("what is at " + where + " does not answer as a canvas-ws server");
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(max_answer_bytes);
  std::string received;
  std::array<char, 16384> chunk{};
  while (!parser.is_done() && stream) {
    stream.read(chunk.data(), 1);
    if (stream.gcount() == 0) break;
    const std::streamsize more = stream.readsome(chunk.data() + 1, chunk.size() - 1);
    received.append(chunk.data(), static_cast<std::size_t>(1 + more));
    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(received), error);
    if (error && error != http::error::need_more) return no_answer;
    received.erase(0, used);
  }
  if (!parser.is_done() || parser.get().result() != http::status::ok) return no_answer;
  return std::move(parser.get().body());
}

}  // namespace

Result<OpenRooms> ask_open_rooms(std::string_view url) {
  const Result<Address> address = url.empty() ? default_address() : parse_url(url);
  if (!address) return address.error();
  const Result<std::string> answer = get_rooms(*address);
  if (!answer) return answer.error();
  return read_open_rooms(*answer);
}

Result<OpenRooms> read_open_rooms(std::string_view text) {
  const Error refused = malformed("GET /rooms was not answered with a list of rooms");
  boost::system::error_code error;
  const json::value answer = json::parse(text, error);
  if (error || !answer.is_object()) return refused;
  const json::value* rooms = answer.get_object().if_contains("rooms");
  if (rooms == nullptr || !rooms->is_array()) return refused;
  OpenRooms open;
  for (const json::value& room : rooms->get_array()) {
    if (!room.is_object()) return refused;
    const json::value* document = room.get_object().if_contains("document");
    const json::value* members = room.get_object().if_contains("members");
    if (document == nullptr || !document->is_string() || members == nullptr) return refused;
    const auto count = members->to_number<std::size_t>(error);
    if (error) return refused;
    const json::value* read_only = room.get_object().if_contains("read_only");
    OpenRoom& entry = open[std::string(document->get_string())];
    entry.members = count;
    if (read_only != nullptr && read_only->is_string()) entry.read_only = read_only->get_string();
  }
  return open;
}

}  // namespace canvas
