#include "auth/claim.h"

#include <gtest/gtest.h>

#include <ostream>

namespace canvas::auth {

void PrintTo(const Claim& claim, std::ostream* out) {
  *out << "kind " << static_cast<int>(claim.kind) << " \"" << claim.value << '"'
       << (claim.is_from_cookie ? " of a cookie" : "");
}

bool operator==(const Claim& a, const Claim& b) {
  return a.kind == b.kind && a.value == b.value && a.is_from_cookie == b.is_from_cookie;
}

namespace {

using Kind = Claim::Kind;

const std::string secret = "0123456789abcdef0123456789abcdef-test-secret";
const std::string token = "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIye";
const std::string plain = token + ".zHFJUGUG7LMGPYUPFLd/ZjxyhSQV+AzlTo1B6ow6+cQ=";
const std::string encoded = token + ".zHFJUGUG7LMGPYUPFLd%2FZjxyhSQV%2BAzlTo1B6ow6%2BcQ%3D";
const std::string forged = "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIyf.zHFJUGUG7LMGPYUPFLd/ZjxyhSQV+AzlTo1B6ow6+cQ=";
const std::string jwt = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJzdWIiOiJ1In0.c2lnbmF0dXJl";
const std::string name = "better-auth.session_token";

const Claim nothing{};
const Claim of_session{.kind = Kind::session_token, .value = token};
const Claim of_cookie{.kind = Kind::session_token, .value = token, .is_from_cookie = true};
const Claim of_either{.kind = Kind::session_or_one_time, .value = token};
const Claim of_one_time{.kind = Kind::one_time_token, .value = token};
const Claim of_jwt{.kind = Kind::jwt, .value = jwt};

ClaimRules rules() {
  ClaimRules rules;
  rules.secrets = {secret};
  return rules;
}

ClaimRules url_rules() {
  ClaimRules allowing = rules();
  allowing.allow_session_token_in_url = true;
  return allowing;
}

Claim cookie(std::string_view header, const ClaimRules& with = rules()) {
  return read_claim({.cookie = std::string(header)}, with);
}

Claim message(std::string_view text, const ClaimRules& with = rules()) {
  return read_claim({.token = std::string(text)}, with);
}

Claim query(std::string_view text, const ClaimRules& with = rules()) {
  return read_claim({.query = std::string(text)}, with);
}

void expect_bad(const Claim& claim, std::string_view words = "") {
  EXPECT_EQ(claim.kind, Kind::bad);
  EXPECT_NE(claim.value.find(words), std::string::npos) << claim.value;
}

TEST(Claim, IsNoneWhenNothingIsShown) {
  EXPECT_EQ(read_claim({}, rules()), nothing);
  EXPECT_EQ(read_claim({.origin = "https://app.example.com"}, url_rules()), nothing);
}

TEST(CookieClaim, IsWhatBetterAuthSets) {
  EXPECT_EQ(cookie(name + "=" + encoded), of_cookie);
  EXPECT_EQ(cookie("__Secure-" + name + "=" + encoded), of_cookie);
  EXPECT_EQ(cookie(name + "=" + plain), of_cookie);
  EXPECT_EQ(cookie("a=b;  " + name + " = \"" + encoded + "\" ;c=d"), of_cookie);
}

TEST(CookieClaim, IsOfTheFirstOfAName) {
  EXPECT_EQ(cookie(name + "=" + encoded + "; " + name + "=x"), of_cookie);
  expect_bad(cookie(name + "=x; " + name + "=" + encoded));
}

TEST(CookieClaim, IsOfTheSecureCookieWhenThereAreBoth) {
  EXPECT_EQ(cookie(name + "=x; __Secure-" + name + "=" + encoded), of_cookie);
  expect_bad(cookie(name + "=" + encoded + "; __Secure-" + name + "=x"));
}

TEST(CookieClaim, IsOfTheSecureCookieAloneWhereTheAppIsSecure) {
  ClaimRules secure = rules();
  secure.secure_cookie_only = true;
  EXPECT_EQ(cookie(name + "=" + encoded, secure), nothing);
  EXPECT_EQ(cookie("__Secure-" + name + "=" + encoded, secure), of_cookie);
}

TEST(CookieClaim, KnowsThePrefixOfTheApp) {
  ClaimRules own = rules();
  own.cookie_prefix = "canvas";
  EXPECT_EQ(cookie("canvas.session_token=" + encoded, own), of_cookie);
  EXPECT_EQ(cookie(name + "=" + encoded, own), nothing);
}

TEST(CookieClaim, IgnoresOtherCookies) {
  for (const std::string& other :
       {std::string("better-auth.session_data=") + encoded, "Better-Auth.session_token=" + encoded,
        "x" + name + "=" + encoded, name + "x=" + encoded, name, std::string(";;=;="),
        "__secure-" + name + "=" + encoded}) {
    EXPECT_EQ(cookie(other), nothing) << other;
  }
}

TEST(CookieClaim, IsBadUnlessItIsSigned) {
  for (const std::string& value :
       {token, std::string(), forged, token + ".", token + ".abc", plain.substr(0, plain.size() - 1),
        token + ".zHFJUGUG7LMGPYUPFLd_ZjxyhSQV-AzlTo1B6ow6-cQ=", plain + "=", jwt, "\"" + plain,
        encoded + "%", std::string("%")}) {
    const Claim claim = cookie(name + "=" + value);
    expect_bad(claim, "signature is wrong");
    EXPECT_TRUE(claim.is_from_cookie);
  }
  expect_bad(cookie(name + "=" + encoded, ClaimRules{}));
}

TEST(CookieClaim, TakesOldSecretsWhenAskedTo) {
  ClaimRules rotated = rules();
  rotated.secrets = {"the new one", secret};
  expect_bad(cookie(name + "=" + encoded, rotated));
  rotated.accept_old_secrets = true;
  EXPECT_EQ(cookie(name + "=" + encoded, rotated), of_cookie);
}

TEST(CookieClaim, HoldsNoSessionWhenTheAppHasSignedSomethingElse) {
  ClaimRules own;
  own.secrets = {"key"};
  // HMAC-SHA256 under "key" of nothing.
  expect_bad(cookie(name + "=.XV0TlWPJW1lnub2ajJsjOp3ttFByeUzSMtwbdIMmB9A=", own), "holds no session");
  // Of a text with a space in it.
  expect_bad(cookie(name + "=The quick brown fox jumps over the lazy dog."
                           "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
                    own),
             "holds no session");
}

TEST(MessageClaim, IsWhateverAProviderMaySend) {
  EXPECT_EQ(message(token), of_either);
  EXPECT_EQ(message(plain), of_session);
  EXPECT_EQ(message(encoded), of_session);
  EXPECT_EQ(message(jwt), of_jwt);
  EXPECT_EQ(message(" " + token + "\n"), of_either);
  EXPECT_EQ(message("custom_session-id"), (Claim{.kind = Kind::session_token, .value = "custom_session-id"}));
}

TEST(MessageClaim, IsBadWhenItIsNothingThatWeTake) {
  for (const std::string& text :
       {std::string("short"), std::string(257, 'a'), std::string("with a blank in it"),
        std::string("with.a.dot.and.no.signature"), std::string("not-ascii-\xc3\xa9-and-long"),
        std::string("nul%00-in-the-middle"), std::string("no\0w", 4), "." + token, jwt + ".x"}) {
    expect_bad(message(text), "no kind");
  }
  expect_bad(message(forged), "signature is wrong");
  expect_bad(message(token + "." + std::string(44, 'A')), "signature is wrong");
  expect_bad(message(std::string(8193, 'a')), "too long");
}

TEST(MessageClaim, GivesWayToTheCookieWhenItIsAPlaceholder) {
  for (const char* placeholder :
       {"", " ", "cookie", "Cookie", "NULL", "undefined", "none", "-", "%2D", "%20cookie"}) {
    EXPECT_EQ(read_claim({.cookie = name + "=" + encoded, .token = placeholder}, rules()), of_cookie);
  }
  ClaimRules own = rules();
  own.placeholder_tokens = {"Nothing"};
  EXPECT_EQ(message("nothing", own), nothing);
  EXPECT_EQ(message("", own), nothing);
  expect_bad(message("cookie", own));
}

TEST(AuthorizationClaim, IsOfABearer) {
  EXPECT_EQ(read_claim({.authorization = "Bearer " + token}, rules()), of_either);
  EXPECT_EQ(read_claim({.authorization = "bEARER\t  " + encoded + " "}, rules()), of_session);
  EXPECT_EQ(read_claim({.authorization = "Bearer " + jwt}, rules()), of_jwt);
  expect_bad(read_claim({.authorization = "Bearer " + forged}, rules()));
  expect_bad(read_claim({.authorization = "Bearer"}, rules()));
  expect_bad(read_claim({.authorization = "Bearer " + std::string(8193, 'a')}, rules()), "too long");
}

TEST(AuthorizationClaim, OfAnotherSchemeIsNotForUs) {
  for (const char* header : {"Basic dXNlcjpwYXNz", "Bearerx abcdefghijklmnop", "", " "}) {
    EXPECT_EQ(read_claim({.cookie = name + "=" + encoded, .authorization = header}, rules()), of_cookie);
  }
}

TEST(HeaderClaim, IsTakenWhereItIsAllowed) {
  EXPECT_EQ(read_claim({.session_token = token}, rules()), nothing);
  EXPECT_EQ(read_claim({.session_token = token}, url_rules()), of_either);
  EXPECT_EQ(read_claim({.session_token = encoded}, url_rules()), of_session);
  EXPECT_EQ(read_claim({.session_token = " "}, url_rules()), nothing);
  expect_bad(read_claim({.session_token = forged}, url_rules()));
}

TEST(QueryClaim, IsOfTokensThatAreOfUseOnceOrForMinutes) {
  EXPECT_EQ(query("token=" + token), of_one_time);
  EXPECT_EQ(query("?a=b&token=" + jwt), of_jwt);
  EXPECT_EQ(query("%74oken=" + token + "&token=x"), of_one_time);
  EXPECT_EQ(query("access_token=" + token + "&session_token=" + token), nothing);
  EXPECT_EQ(query("token=null&x=y"), nothing);
  EXPECT_EQ(query("token&&=&"), nothing);
}

// As Better Auth makes them; tokens of sessions are made of letters and digits alone.
TEST(QueryClaim, TakesAOneTimeTokenWithADashOrAnUnderscore) {
  for (const std::string made : {"PBEPQc6fyyZXkj1I_4aJWEdD4wVJIFu9", "ZQ4FFOuutO2kBePmq9bLf2YVg9uE-PIq"}) {
    EXPECT_EQ(query("token=" + made), (Claim{.kind = Kind::one_time_token, .value = made}));
    EXPECT_EQ(read_claim({.token = made}, rules()),
              (Claim{.kind = Kind::session_or_one_time, .value = made}));
  }
}

TEST(QueryClaim, NamesTheSettingThatASessionTokenNeeds) {
  expect_bad(query("token=" + encoded), "--allow-session-token-in-url");
  expect_bad(query("token=custom_session-id"), "--allow-session-token-in-url");
  expect_bad(query("token=x&token=" + token), "--allow-session-token-in-url");
}

TEST(QueryClaim, IsOfSessionTokensWhereTheyAreAllowed) {
  EXPECT_EQ(query("token=" + encoded, url_rules()), of_session);
  EXPECT_EQ(query("token=" + plain, url_rules()), of_session);
  EXPECT_EQ(query("token=" + token, url_rules()), of_either);
  EXPECT_EQ(query("access_token=" + encoded, url_rules()), of_session);
  EXPECT_EQ(query("token=&session_token=" + encoded, url_rules()), of_session);
  EXPECT_EQ(query("session_token=" + encoded + "&access_token=" + jwt, url_rules()), of_jwt);
  expect_bad(query("token=" + forged + "&access_token=" + encoded, url_rules()), "signature is wrong");
  expect_bad(query("token=" + std::string(8193, 'a'), url_rules()), "too long");
}

TEST(Claim, IsOfTheFirstCredentialThatIsShown) {
  Credentials all{.cookie = name + "=" + encoded,
                  .authorization = "Bearer bearer-credential",
                  .session_token = "header-credential",
                  .query = "token=" + token,
                  .token = "message-credential"};
  EXPECT_EQ(read_claim(all, url_rules()).value, "message-credential");
  all.token.clear();
  EXPECT_EQ(read_claim(all, url_rules()).value, "bearer-credential");
  all.authorization.clear();
  EXPECT_EQ(read_claim(all, url_rules()).value, "header-credential");
  all.session_token.clear();
  EXPECT_EQ(read_claim(all, url_rules()), of_cookie);
  all.cookie.clear();
  EXPECT_EQ(read_claim(all, url_rules()), of_either);
}

TEST(Claim, IsNeverThatOfALaterCredentialWhenOneIsBad) {
  const std::string good = name + "=" + encoded;
  expect_bad(read_claim({.cookie = good, .token = "bad"}, rules()));
  expect_bad(read_claim({.cookie = good, .authorization = "Bearer bad"}, rules()));
  expect_bad(read_claim({.cookie = good, .session_token = "bad"}, url_rules()));
  expect_bad(read_claim({.cookie = name + "=bad", .query = "token=" + token}, rules()));
}

TEST(Claim, NeverSaysWhatWasShown) {
  for (const Claim& claim : {message("s3cret"), cookie(name + "=s3cret"), query("token=s3cret"),
                             read_claim({.authorization = "Bearer s3cret"}, rules())}) {
    EXPECT_EQ(claim.kind, Kind::bad);
    EXPECT_EQ(claim.value.find("s3cret"), std::string::npos);
  }
}

}  // namespace
}  // namespace canvas::auth
