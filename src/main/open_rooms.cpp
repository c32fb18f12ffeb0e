#include "main/open_rooms.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <chrono>

#include "main/server_address.h"

namespace canvas {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;

constexpr std::chrono::seconds longest_wait{2};
constexpr std::size_t max_answer_bytes = 64u << 20;

Result<std::string> get_rooms(const ServerAddress& address) {
  const std::string where = address.url();
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(longest_wait);
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
  const Result<ServerAddress> address = find_server(url);
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
