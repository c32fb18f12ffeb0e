#include "auth/signature.h"

#include <gtest/gtest.h>

#include <vector>

namespace canvas::auth {
namespace {

const std::string secret = "0123456789abcdef0123456789abcdef-test-secret";
const std::string token = "TLQYTl4L4aW9DKTi03bHPkCeJBiqVIye";
const std::string signature = "zHFJUGUG7LMGPYUPFLd/ZjxyhSQV+AzlTo1B6ow6+cQ=";
const std::vector<std::string> secrets = {secret};

TEST(Signature, IsWhatBetterAuthMakes) {
  EXPECT_TRUE(is_signed(token, signature, secret));
}

TEST(Signature, IsOfOneTextAndOneSecret) {
  EXPECT_FALSE(is_signed("TLQYTl4L4aW9DKTi03bHPkCeJBiqVIyf", signature, secret));
  EXPECT_FALSE(is_signed(token, signature, secret + " "));
  EXPECT_FALSE(is_signed("", signature, secret));
}

TEST(Signature, RefusesEveryChangedCharacter) {
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(is_signed(token, changed, secret)) << i;
  }
}

TEST(Signature, RefusesOtherSpellingsOfTheSameBytes) {
  EXPECT_FALSE(is_signed(token, "zHFJUGUG7LMGPYUPFLd_ZjxyhSQV-AzlTo1B6ow6-cQ=", secret));
  EXPECT_FALSE(is_signed(token, signature.substr(0, 43), secret));
  EXPECT_FALSE(is_signed(token, signature + "=", secret));
  EXPECT_FALSE(is_signed(token, "zHFJUGUG7LMGPYUPFLd/ZjxyhSQV+AzlTo1B6ow6+cR=", secret));
  EXPECT_FALSE(is_signed(token, "", secret));
}

TEST(Signature, IsNeverRightForAnEmptySecret) {
  // HMAC-SHA256 of nothing under an empty key.
  EXPECT_FALSE(is_signed("", "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=", ""));
}

TEST(SignedToken, IsTakenPercentEncodedOrNot) {
  EXPECT_EQ(verify_signed_token(token + "." + signature, secrets), token);
  EXPECT_EQ(verify_signed_token(token + ".zHFJUGUG7LMGPYUPFLd%2FZjxyhSQV%2BAzlTo1B6ow6%2BcQ%3D", secrets),
            token);
}

TEST(SignedToken, IsSplitAtTheLastDot) {
  EXPECT_EQ(verify_signed_token("x." + token + "." + signature, secrets), std::nullopt);
  EXPECT_EQ(verify_signed_token(token + "." + signature + ".", secrets), std::nullopt);
  EXPECT_EQ(verify_signed_token(token + signature, secrets), std::nullopt);
}

TEST(SignedToken, IsCheckedWithEachSecret) {
  EXPECT_EQ(verify_signed_token(token + "." + signature, std::vector<std::string>{"new", secret}), token);
  EXPECT_EQ(verify_signed_token(token + "." + signature, std::vector<std::string>{"new", "newer"}),
            std::nullopt);
  EXPECT_EQ(verify_signed_token(token + "." + signature, {}), std::nullopt);
}

TEST(Sha256, IsInBase64urlWithoutPadding) {
  EXPECT_EQ(sha256_base64url(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  EXPECT_EQ(sha256_base64url("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST(Base64url, GivesBackWhatWasEncoded) {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST(Base64url, TakesPaddingThatIsRight) {
  EXPECT_EQ(decode_base64url("YQ=="), to_bytes(as_bytes("a")));
  EXPECT_EQ(decode_base64url("YWI="), to_bytes(as_bytes("ab")));
  EXPECT_EQ(decode_base64url("YQ="), std::nullopt);
  EXPECT_EQ(decode_base64url("YQ==="), std::nullopt);
  EXPECT_EQ(decode_base64url("Y==="), std::nullopt);
  EXPECT_EQ(decode_base64url("===="), std::nullopt);
}

TEST(Base64url, RefusesWhatIsNone) {
  EXPECT_EQ(decode_base64url("ab+/"), std::nullopt);
  EXPECT_EQ(decode_base64url("ab c"), std::nullopt);
  EXPECT_EQ(decode_base64url("abcde"), std::nullopt);
  EXPECT_EQ(decode_base64url(std::string_view("ab\0c", 4)), std::nullopt);
  EXPECT_EQ(decode_base64url("YR"), std::nullopt);
}

TEST(Percent, IsDecodedAsInJavaScript) {
  EXPECT_EQ(decode_percent("a%2Fb%2bc+d%3D"), "a/b+c+d=");
  EXPECT_EQ(decode_percent("%E2%82%AC%20"), "\xe2\x82\xac ");
  EXPECT_EQ(decode_percent(""), "");
}

TEST(Percent, StaysWhenItCannotBeDecoded) {
  for (const char* text : {"%", "a%2", "%zz%20", "%20%", "%ff", "%E2%82", "%E2%82x%AC", "%ED%A0%80"}) {
    EXPECT_EQ(decode_percent(text), text);
  }
}

}  // namespace
}  // namespace canvas::auth
