#include "server/client_address.h"

#include <gtest/gtest.h>

namespace canvas::server {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

ClientAddress seen(const std::string& peer, Headers headers, std::string_view trusted = "127.0.0.0/8, ::1") {
  net::HttpRequest request;
  request.remote_address = peer;
  request.headers = std::move(headers);
  return client_address(request, *TrustedProxies::parse(trusted));
}

TEST(ClientAddress, IsThePeerWhereNobodyIsTrusted) {
  EXPECT_EQ(seen("192.0.2.1", {{"X-Forwarded-For", "198.51.100.7"}}).text, "192.0.2.1");
  EXPECT_EQ(seen("127.0.0.1", {{"X-Forwarded-For", "198.51.100.7"}}, "").text, "127.0.0.1");
}

TEST(ClientAddress, IsTheFirstFromTheRightThatIsNotTrusted) {
  EXPECT_EQ(seen("127.0.0.1", {{"x-forwarded-for", "6.6.6.6, 198.51.100.7"}}).text, "198.51.100.7");
  EXPECT_EQ(seen("10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 198.51.100.7, 10.0.0.2"}}, "10.0.0.0/8").text,
            "198.51.100.7");
  EXPECT_EQ(seen("::1", {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "198.51.100.7:80"}}).text,
            "198.51.100.7");
  EXPECT_EQ(seen("127.0.0.1", {{"X-Forwarded-For", "[2001:db8::7]:80"}}).text, "2001:db8::7");
}

TEST(ClientAddress, IsThatOfXRealIpWhereThatIsAll) {
  EXPECT_EQ(seen("127.0.0.1", {{"X-Real-IP", "198.51.100.7"}}).text, "198.51.100.7");
}

TEST(TrustedProxies, ContainAddressesAsTheyAreWritten) {
  const TrustedProxies proxies = *TrustedProxies::parse("10.0.0.0/8");
  EXPECT_TRUE(proxies.contains("10.1.2.3"));
  EXPECT_TRUE(proxies.contains("::ffff:10.1.2.3"));
  EXPECT_FALSE(proxies.contains("11.1.2.3"));
  EXPECT_FALSE(proxies.contains(""));
}

TEST(ClientAddress, GarbageIsThePeer) {
  for (const char* garbage : {"x", "1.2.3", ",", "198.51.100.7, x", "fe80::1%eth0", "[::1", "1.2.3.4.5"}) {
    EXPECT_EQ(seen("127.0.0.1", {{"X-Forwarded-For", garbage}}).text, "127.0.0.1") << garbage;
    EXPECT_FALSE(seen("127.0.0.1", {{"X-Forwarded-For", garbage}}).is_local) << garbage;
  }
}

TEST(ClientAddress, IPv6IsCountedByItsNetworkAndMappedIPv4IsIPv4) {
  EXPECT_EQ(seen("2001:db8:1:2:3:4:5:6", {}).group, "2001:db8:1:2::/64");
  EXPECT_EQ(seen("::ffff:192.0.2.1", {}).text, "192.0.2.1");
  EXPECT_EQ(seen("::ffff:192.0.2.1", {}).group, "192.0.2.1");
  EXPECT_EQ(seen("::ffff:127.0.0.1", {{"X-Forwarded-For", "::ffff:198.51.100.7"}}).text, "198.51.100.7");
}

TEST(ClientAddress, OnlyWhoComesItselfIsLocal) {
  EXPECT_TRUE(seen("127.0.0.1", {}).is_local);
  EXPECT_TRUE(seen("::1", {}).is_local);
  EXPECT_FALSE(seen("127.0.0.1", {{"Forwarded", "for=127.0.0.1"}}).is_local);
  EXPECT_FALSE(seen("192.0.2.1", {}).is_local);
}

TEST(TrustedProxies, RefusesWhatIsNoBlock) {
  for (const char* list : {"x", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/8x", "10.0.0.0/-1"})
    EXPECT_FALSE(TrustedProxies::parse(list)) << list;
  const auto proxies = TrustedProxies::parse("10.1.0.0/15, fd00::/8,");
  ASSERT_TRUE(proxies);
  EXPECT_TRUE(proxies->contains(boost::asio::ip::make_address("10.0.9.9")));
  EXPECT_TRUE(proxies->contains(boost::asio::ip::make_address("fd12::1")));
  EXPECT_FALSE(proxies->contains(boost::asio::ip::make_address("10.2.0.0")));
}

}  // namespace
}  // namespace canvas::server
