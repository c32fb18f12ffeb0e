#include "server/client_address.h"

#include <boost/asio/ip/address_v6.hpp>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <optional>

namespace canvas::server {
namespace {

namespace ip = boost::asio::ip;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

ip::address_v6 mapped(const ip::address& address) {
  return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code error;
  ip::address address = ip::make_address(text, error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  // A zone means something to the machine that wrote it only.
  if (address.is_v6() && address.to_v6().scope_id() != 0) return std::nullopt;
  return address;
}

// Some proxies add the port: "1.2.3.4:567", "[2001:db8::1]:567".
std::optional<ip::address> parse_forwarded(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : parse_address(text.substr(1, end - 1));
  }
  const std::size_t colon = text.find(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  return parse_address(has_port ? text.substr(0, colon) : text);
}

// The last address of a comma list; `rest` loses it.
std::string_view take_last(std::string_view& rest) {
  const std::size_t comma = rest.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
  return last;
}

std::string forwarded_for(const net::HttpRequest& request) {
  std::string all;
  for (const auto& [name, value] : request.headers) {
    if (!boost::beast::iequals(name, "X-Forwarded-For")) continue;
    if (!all.empty()) all += ',';
    all += value;
  }
  return all;
}

std::optional<ip::address> stated(const net::HttpRequest& request, const TrustedProxies& trusted) {
  const std::string all = forwarded_for(request);
  if (trimmed(all).empty()) return parse_forwarded(request.header("X-Real-IP"));
  std::optional<ip::address> address;
  for (std::string_view rest = all; !rest.empty();) {
    address = parse_forwarded(take_last(rest));
    if (!address || !trusted.contains(*address)) break;
  }
  return address;
}

std::string group_of(const ip::address& address) {
  if (address.is_v4()) return address.to_string();
  ip::address_v6::bytes_type bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

bool says_for_whom(const net::HttpRequest& request) {
  return request.has_header("X-Forwarded-For") || request.has_header("X-Real-IP") ||
         request.has_header("Forwarded");
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
  TrustedProxies proxies;
  while (!list.empty()) {
    const std::string_view entry = trimmed(take_last(list));
    if (entry.empty()) continue;
    const std::size_t slash = entry.find('/');
    const auto address = parse_address(entry.substr(0, slash));
    const unsigned bits = address && address->is_v4() ? 32 : 128;
    unsigned prefix = bits;
    bool is_number = true;
    if (slash != std::string_view::npos) {
      const char* end = entry.data() + entry.size();
      const auto read = std::from_chars(entry.data() + slash + 1, end, prefix);
      is_number = read.ec == std::errc() && read.ptr == end && prefix <= bits;
    }
    if (!address || !is_number) {
      return Error{Errc::invalid_use, "\"" + std::string(entry) +
                                          "\" is neither an address nor a block of addresses such as "
                                          "10.0.0.0/8 or fd00::/8"};
    }
    proxies.blocks_.push_back({mapped(*address), prefix + 128 - bits});
  }
  return proxies;
}

bool TrustedProxies::contains(const ip::address& address) const {
  const auto bytes = mapped(address).to_bytes();
  for (const Block& block : blocks_) {
    const auto first = block.first.to_bytes();
    unsigned bit = 0;
    while (bit < block.prefix_bits && ((bytes[bit / 8] ^ first[bit / 8]) >> (7 - bit % 8) & 1) == 0) ++bit;
    if (bit == block.prefix_bits) return true;
  }
  return false;
}

bool TrustedProxies::contains(std::string_view address) const {
  const std::optional<ip::address> parsed = parse_address(address);
  return parsed && contains(*parsed);
}

bool is_local(const net::HttpRequest& request) {
  const std::optional<ip::address> peer = parse_address(request.remote_address);
  return peer && peer->is_loopback() && !says_for_whom(request);
}

bool is_asked_here(const net::HttpRequest& request) {
  std::string_view host = request.header("Host");
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return is_local(request) && (host == "localhost" || parse_address(host).has_value());
}

ClientAddress client_address(const net::HttpRequest& request, const TrustedProxies& trusted) {
  const std::optional<ip::address> peer = parse_address(request.remote_address);
  if (!peer) return {request.remote_address, request.remote_address, false};
  std::optional<ip::address> address;
  if (trusted.contains(*peer)) address = stated(request, trusted);
  if (!address) address = peer;
  return {address->to_string(), group_of(*address), is_local(request)};
}

}  // namespace canvas::server
