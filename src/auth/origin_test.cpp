#include "auth/origin.h"

#include <gtest/gtest.h>

#include <chrono>

namespace canvas::auth {
namespace {

OriginRules rules(std::string_view list) {
  OriginRules rules;
  rules.add(list).value();
  return rules;
}

TEST(Origin, IsComparedWithoutCaseAndDefaultPorts) {
  const OriginRules app = rules("https://App.example.com:443/sign-in?x=1#y, http://localhost:3000/");
  EXPECT_TRUE(app.allows("https://app.example.com"));
  EXPECT_TRUE(app.allows("https://app.example.com:443"));
  EXPECT_TRUE(app.allows("HTTPS://APP.example.com"));
  EXPECT_TRUE(app.allows("http://localhost:3000"));
  EXPECT_FALSE(app.allows("http://app.example.com"));
  EXPECT_FALSE(app.allows("https://app.example.com:8443"));
  EXPECT_FALSE(app.allows("https://app.example.com:80"));
  EXPECT_FALSE(app.allows("http://localhost"));
  EXPECT_FALSE(app.allows("http://localhost:30000"));
}

TEST(Origin, OfAnEmptyListIsNobodys) {
  for (const OriginRules& nobody : {OriginRules(), rules(""), rules(" , ,")}) {
    EXPECT_TRUE(nobody.is_empty());
    EXPECT_FALSE(nobody.allows_everybody());
    EXPECT_FALSE(nobody.allows("https://app.example.com"));
    EXPECT_FALSE(nobody.allows(""));
  }
}

TEST(Origin, IsEverybodysWithAStar) {
  const OriginRules everybody = rules("https://app.example.com, *");
  EXPECT_TRUE(everybody.allows_everybody());
  EXPECT_FALSE(everybody.is_empty());
  EXPECT_TRUE(everybody.allows("https://anything.example"));
  EXPECT_TRUE(everybody.allows("null"));
}

TEST(Origin, MayHaveAWildcardForPartsOfAHost) {
  const OriginRules sub = rules("https://*.example.com");
  EXPECT_TRUE(sub.allows("https://a.example.com"));
  EXPECT_TRUE(sub.allows("https://a.b.example.com"));
  EXPECT_FALSE(sub.allows("https://example.com"));
  EXPECT_FALSE(sub.allows("https://.example.com"));
  EXPECT_FALSE(sub.allows("http://a.example.com"));
  EXPECT_FALSE(sub.allows("https://a.example.com:8443"));
  const OriginRules preview = rules("https://app-*-team*.example.dev");
  EXPECT_TRUE(preview.allows("https://app-git-main-team7.example.dev"));
  EXPECT_TRUE(preview.allows("https://app--team.example.dev"));
  EXPECT_FALSE(preview.allows("https://app-team.example.dev"));
}

TEST(Origin, MayHaveAnyPort) {
  const OriginRules local = rules("http://localhost:*");
  EXPECT_TRUE(local.allows("http://localhost"));
  EXPECT_TRUE(local.allows("http://localhost:5173"));
  EXPECT_FALSE(local.allows("https://localhost:5173"));
  EXPECT_FALSE(local.allows("http://localhost:5173.evil.com"));
  EXPECT_FALSE(local.allows("http://localhost:x@evil.com"));
}

TEST(Origin, MayBeAHostAlone) {
  const OriginRules hosts = rules("*.example.com, example.org, dev.example.net:8080");
  EXPECT_TRUE(hosts.allows("https://a.example.com"));
  EXPECT_TRUE(hosts.allows("http://a.example.com"));
  EXPECT_TRUE(hosts.allows("http://example.org"));
  EXPECT_TRUE(hosts.allows("https://dev.example.net:8080"));
  EXPECT_FALSE(hosts.allows("https://example.org:8080"));
  EXPECT_FALSE(hosts.allows("https://dev.example.net"));
  EXPECT_FALSE(hosts.allows("ftp://example.org"));
  EXPECT_FALSE(hosts.allows("chrome-extension://example.org"));
}

TEST(Origin, OfAHostWithTheSchemesOwnPortMayLeaveItOut) {
  EXPECT_TRUE(rules("example.org:443").allows("https://example.org"));
  EXPECT_FALSE(rules("example.org:443").allows("http://example.org"));
}

TEST(Origin, MayHaveASchemeOfAnApp) {
  EXPECT_TRUE(rules("capacitor://localhost").allows("capacitor://localhost"));
  EXPECT_FALSE(rules("capacitor://localhost").allows("http://localhost"));
}

TEST(Origin, MayBeAnAddress) {
  EXPECT_TRUE(rules("http://[::1]:3000").allows("http://[::1]:3000"));
  EXPECT_TRUE(rules("http://[::1]:*").allows("http://[::1]"));
  EXPECT_TRUE(rules("127.0.0.1:*").allows("http://127.0.0.1:8080"));
  EXPECT_FALSE(rules("http://*").allows("http://[::1]"));
  EXPECT_FALSE(rules("http://[::1]").allows("http://[::1]evil.com"));
}

TEST(Origin, RefusesWhatOnlyLooksLikeOneOfOurs) {
  const OriginRules app = rules("https://example.com, https://*.example.com, *.example.org");
  const std::string with_nul("https://example.com\0.evil.com", 29);
  for (const std::string_view origin :
       std::initializer_list<std::string_view>{"https://example.com.evil.com",
                                               "https://evilexample.com",
                                               "https://example.com@evil.com",
                                               "https://user:x@example.com",
                                               "https://evil.com/.example.com",
                                               "https://evil.com#.example.com",
                                               "https://evil.com?.example.com",
                                               "https://evil.com\\.example.com",
                                               "https://evil.com:80.example.com",
                                               "https://evil.com:443:.example.com",
                                               "https://evil.com%2f.example.com",
                                               "https://example.com/",
                                               "https://example.com:",
                                               "https://example.com:0443",
                                               "https://example.com:99999",
                                               "https://example.com:*",
                                               "https://*.example.com",
                                               "https://a..example.com",
                                               "https://example.com.",
                                               " https://example.com",
                                               "https://example.com\n",
                                               "https:// .example.com",
                                               "https://\xc3\xa9.example.com",
                                               "https:example.com",
                                               "://example.com",
                                               "//a.example.org",
                                               "a.example.org",
                                               "https://https://example.com",
                                               "",
                                               "null",
                                               "*",
                                               with_nul}) {
    EXPECT_FALSE(app.allows(origin)) << origin;
  }
}

TEST(Origin, NeverMatchesWildcardsSlowly) {
  std::string pattern = "https://";
  for (int i = 0; i < 100; ++i) pattern += "a*a*";
  const OriginRules slow = rules(pattern + "b.com");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(slow.allows("https://" + std::string(480, 'a') + ".com"));
  EXPECT_FALSE(slow.allows("https://" + std::string(16 * 1024, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(OriginList, RefusesWhatIsNoOriginAndNamesIt) {
  for (const std::string_view entry :
       {"https://", "https://user@example.com", "example.com/path", "https://exa mple.com", "null",
        "https://example.com:port", "example.com:70000", "https://a..b", "https://[::1", "file:///x", "a?b",
        "ht*p://example.com"}) {
    OriginRules rules;
    const auto added = rules.add("https://app.example.com, " + std::string(entry));
    ASSERT_FALSE(added) << entry;
    EXPECT_EQ(added.error().code, Errc::invalid_use);
    EXPECT_NE(added.error().message.find(entry), std::string::npos);
    EXPECT_TRUE(rules.is_empty());
  }
}

TEST(OriginList, AddsToWhatIsThere) {
  OriginRules both = rules("https://a.example");
  both.add("https://b.example").value();
  EXPECT_TRUE(both.allows("https://a.example"));
  EXPECT_TRUE(both.allows("https://b.example"));
}

}  // namespace
}  // namespace canvas::auth
