// Where a client is, also when it comes through a proxy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"
#include "net/http.h"

namespace canvas::server {

// The addresses whose word about their own clients is taken.
class TrustedProxies {
public:
  // A comma list of addresses and CIDR blocks; empty: nobody is trusted. Fails with Errc::invalid_use.
  static Result<TrustedProxies> parse(std::string_view list);

  bool contains(const boost::asio::ip::address& address) const;
  // As text; what is no address is not contained.
  bool contains(std::string_view address) const;

private:
  struct Block {
    boost::asio::ip::address_v6 first;  // IPv4 is mapped
    unsigned prefix_bits;
  };

  std::vector<Block> blocks_;
};

struct ClientAddress {
  std::string text;       // an IPv4 address in IPv6 clothes is written as IPv4
  std::string group;      // what is counted together: an IPv4 address, or the /64 of an IPv6 address
  bool is_local = false;  // on this machine, and not through a proxy
};

// Whether it comes from a process on this machine that asks for itself: a proxy says for whom it asks.
bool is_local(const net::HttpRequest& request);

// The same, and it asked for an address or localhost, not for a name: a web page whose name has been made to
// mean this machine can send requests of its own, and read the answers.
bool is_asked_here(const net::HttpRequest& request);

// Reads X-Forwarded-For from the right up to the first address that is not trusted, else X-Real-IP; both only
// from a trusted peer. Where they make no sense it is the peer's own address.
ClientAddress client_address(const net::HttpRequest& request, const TrustedProxies& trusted);

}  // namespace canvas::server
