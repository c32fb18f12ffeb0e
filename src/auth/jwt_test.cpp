#include "auth/jwt.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "auth/signature.h"

namespace canvas::auth {
namespace {

constexpr std::string_view base_url = "https://app.example.com";
constexpr std::int64_t now_seconds = 1'800'000'000;
const WallTime now{std::chrono::seconds(now_seconds)};

// A key pair, and what Better Auth does with it.
class Signer {
public:
  explicit Signer(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  static Signer ed25519() { return Signer(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
  static Signer ec(const char* curve) { return Signer(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)); }
  static Signer rsa(std::size_t bits) { return Signer(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)); }

  std::string ed25519_jwk() const {
    Bytes point(32);
    std::size_t size = point.size();
    EVP_PKEY_get_raw_public_key(key_.get(), point.data(), &size);
    return R"({"kty":"OKP","crv":"Ed25519","x":")" + encode_base64url(point) + R"("})";
  }
  std::string ec_jwk(const std::string& curve, std::size_t size) const {
    return R"({"kty":"EC","crv":")" + curve + R"(","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, size) +
           R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, size) + R"("})";
  }
  std::string rsa_jwk(const std::string& more = "") const {
    return R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
           number(OSSL_PKEY_PARAM_RSA_E) + "\"" + more + "}";
  }
  std::string pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  }

  Bytes sign(std::string_view algorithm, std::string_view text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* key_context = nullptr;
    EVP_DigestSignInit(context, &key_context, algorithm == "EdDSA" ? nullptr : EVP_sha256(), nullptr,
                       key_.get());
    if (algorithm == "PS256") {
      EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
    }
    const BytesView bytes = as_bytes(text);
    std::size_t size = 0;
    EVP_DigestSign(context, nullptr, &size, bytes.data(), bytes.size());
    Bytes signature(size);
    EVP_DigestSign(context, signature.data(), &size, bytes.data(), bytes.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return algorithm == "ES256" ? without_der(signature) : signature;
  }

private:
  std::string number(const char* name, std::size_t size = 0) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &value);
    Bytes bytes(size > 0 ? size : static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2binpad(value, bytes.data(), static_cast<int>(bytes.size()));
    BN_free(value);
    return encode_base64url(bytes);
  }

  static Bytes without_der(const Bytes& der) {
    const std::uint8_t* in = der.data();
    ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
    Bytes signature(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(both), signature.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), signature.data() + 32, 32);
    ECDSA_SIG_free(both);
    return signature;
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

std::string encode(std::string_view text) {
  return encode_base64url(as_bytes(text));
}

std::string header(const std::string& algorithm, const std::string& key, const std::string& more = "") {
  return R"({"alg":")" + algorithm + R"(","kid":")" + key + "\"" + more + "}";
}

std::string claims_with(const std::string& times, const std::string& rest) {
  return R"({"sub":"user-1",)" + times + R"(,"iss":"https://app.example.com",)" + rest + "}";
}

std::string at(const std::string& name, std::int64_t offset) {
  return "\"" + name + "\":" + std::to_string(now_seconds + offset);
}

const std::string aud = R"("aud":"https://app.example.com")";

std::string good_claims() {
  return claims_with(at("exp", 900) + "," + at("iat", 0), aud);
}

std::string token_of(const Signer& signer, const std::string& algorithm, const std::string& head,
                     const std::string& claims) {
  const std::string text = encode(head) + "." + encode(claims);
  return text + "." + encode_base64url(signer.sign(algorithm, text));
}

class Jwt : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    ed_ = new Signer(Signer::ed25519());
    ec_ = new Signer(Signer::ec("P-256"));
    rsa_ = new Signer(Signer::rsa(2048));
  }
  static void TearDownTestSuite() {
    delete ed_;
    delete ec_;
    delete rsa_;
  }

  static KeySet keys() {
    return KeySet(std::vector<StoredKey>{
        {"ed", ed_->ed25519_jwk(), {}},
        {"ec", ec_->ec_jwk("P-256", 32), {}},
        {"rsa", rsa_->rsa_jwk(), {}},
        {"rs", rsa_->rsa_jwk(R"(,"alg":"RS256","use":"sig")"), {}},
        {"ps", rsa_->rsa_jwk(R"(,"alg":"PS256")"), {}},
        {"old", ed_->ed25519_jwk(), now - std::chrono::hours(24 * 29)},
        {"older", ed_->ed25519_jwk(), now - std::chrono::hours(24 * 30)},
    });
  }
  static JwtRules rules() { return {.base_url = std::string(base_url)}; }

  static Result<JwtClaims> verify(std::string_view token) { return verify_jwt(token, keys(), rules(), now); }

  static void expect_refused(std::string_view token, Errc code = Errc::unauthenticated,
                             std::string_view words = "") {
    const auto verified = verify(token);
    ASSERT_FALSE(verified) << token;
    EXPECT_EQ(verified.error().code, code) << verified.error().message;
    EXPECT_NE(verified.error().message.find(words), std::string::npos) << verified.error().message;
  }

  static std::string good(const std::string& claims = good_claims()) {
    return token_of(*ed_, "EdDSA", header("EdDSA", "ed"), claims);
  }
  static std::string with_header(const std::string& head) {
    return token_of(*ed_, "EdDSA", head, good_claims());
  }

  static Signer* ed_;
  static Signer* ec_;
  static Signer* rsa_;
};

Signer* Jwt::ed_ = nullptr;
Signer* Jwt::ec_ = nullptr;
Signer* Jwt::rsa_ = nullptr;

TEST_F(Jwt, GivesTheUserAndTheExpiry) {
  const auto verified = verify(good());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->user_id, "user-1");
  EXPECT_EQ(verified->expires_at, now + std::chrono::seconds(900));
}

TEST_F(Jwt, IsTakenInEachAlgorithmOfItsKey) {
  EXPECT_TRUE(verify(token_of(*ec_, "ES256", header("ES256", "ec"), good_claims())));
  EXPECT_TRUE(verify(token_of(*rsa_, "RS256", header("RS256", "rsa"), good_claims())));
  EXPECT_TRUE(verify(token_of(*rsa_, "PS256", header("PS256", "rsa"), good_claims())));
  EXPECT_TRUE(verify(token_of(*rsa_, "RS256", header("RS256", "rs"), good_claims())));
  EXPECT_TRUE(verify(token_of(*rsa_, "PS256", header("PS256", "ps"), good_claims())));
}

TEST_F(Jwt, IsPinnedToTheAlgorithmOfItsKey) {
  expect_refused(token_of(*rsa_, "PS256", header("PS256", "rs"), good_claims()));
  expect_refused(token_of(*rsa_, "RS256", header("RS256", "ps"), good_claims()));
  expect_refused(token_of(*ed_, "EdDSA", header("EdDSA", "ec"), good_claims()));
  expect_refused(token_of(*ec_, "ES256", header("ES256", "rsa"), good_claims()));
  expect_refused(token_of(*rsa_, "RS256", header("PS256", "rsa"), good_claims()), Errc::unauthenticated,
                 "signature is wrong");
}

TEST_F(Jwt, IsRefusedInAlgorithmsThatAreNotTaken) {
  for (const char* algorithm : {"none", "None", "HS256", "ES512", "RS512", "eddsa", ""}) {
    expect_refused(with_header(header(algorithm, "ed")), Errc::unauthenticated, "algorithm is not taken");
    expect_refused(with_header(header(algorithm, "nobody")));
  }
  const std::string unsigned_text = encode(header("none", "ed")) + "." + encode(good_claims());
  expect_refused(unsigned_text + ".");
  expect_refused(unsigned_text);
  expect_refused(with_header(R"({"kid":"ed"})"));
  expect_refused(with_header(R"({"alg":["EdDSA"],"kid":"ed"})"));
}

TEST_F(Jwt, IsRefusedWhenItIsSignedWithAPublicKeyAsASecret) {
  for (const std::string& secret : {rsa_->pem(), rsa_->rsa_jwk()}) {
    for (const char* algorithm : {"HS256", "RS256"}) {
      const std::string text = encode(header(algorithm, "rsa")) + "." + encode(good_claims());
      Bytes hash(32);
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), as_bytes(text).data(), text.size(),
           hash.data(), nullptr);
      expect_refused(text + "." + encode_base64url(hash));
    }
  }
}

TEST_F(Jwt, IsNotFoundWhenItsKeyIsNotKnown) {
  expect_refused(with_header(header("EdDSA", "nobody")), Errc::not_found);
  expect_refused(with_header(header("EdDSA", "")), Errc::not_found);
  EXPECT_EQ(verify_jwt(good(), KeySet(), rules(), now).error().code, Errc::not_found);
  expect_refused(with_header(R"({"alg":"EdDSA"})"), Errc::unauthenticated, "names no key");
}

TEST_F(Jwt, IsRefusedWhenAnyCharacterOfItIsChanged) {
  for (const std::string& token : {good(), token_of(*ec_, "ES256", header("ES256", "ec"), good_claims()),
                                   token_of(*rsa_, "PS256", header("PS256", "rsa"), good_claims())}) {
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = token[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(verify(changed)) << i;
      EXPECT_FALSE(verify(token.substr(0, i))) << i;
    }
    EXPECT_FALSE(verify(token + "A"));
    EXPECT_FALSE(verify(token + "="));
    EXPECT_FALSE(verify("." + token));
    EXPECT_FALSE(verify(token + "."));
  }
}

TEST_F(Jwt, IsRefusedWhenAnotherKeySignedIt) {
  const Signer other = Signer::ed25519();
  expect_refused(token_of(other, "EdDSA", header("EdDSA", "ed"), good_claims()), Errc::unauthenticated,
                 "signature is wrong");
}

TEST_F(Jwt, IsRefusedWithAnEllipticSignatureOfNothing) {
  const std::string text = encode(header("ES256", "ec")) + "." + encode(good_claims());
  expect_refused(text + "." + encode_base64url(Bytes(64)));
  expect_refused(text + "." + encode_base64url(Bytes(64, 0xff)));
  expect_refused(text + "." + encode_base64url(Bytes(63, 1)));
  expect_refused(text + "." + encode_base64url(Bytes{0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00}));
}

TEST_F(Jwt, IsRefusedWhenItIsForSomethingElse) {
  expect_refused(with_header(header("EdDSA", "ed", R"(,"typ":"better-auth.session-cache+jwt")")));
  expect_refused(with_header(header("EdDSA", "ed", R"(,"typ":"logout+jwt")")));
  expect_refused(with_header(header("EdDSA", "ed", R"(,"typ":1)")));
  expect_refused(with_header(header("EdDSA", "ed", R"(,"crit":["b64"],"b64":false)")));
  EXPECT_TRUE(verify(with_header(header("EdDSA", "ed", R"(,"typ":"JWT")"))));
}

TEST_F(Jwt, HasToNameAUser) {
  const std::string rest = at("exp", 900) + R"(,"iss":"https://app.example.com",)" + aud + "}";
  for (const char* user : {"", R"("sub":"",)", R"("sub":7,)", R"("sub":null,)", R"("sub":"a\u0000b",)"}) {
    expect_refused(good("{" + std::string(user) + rest), Errc::unauthenticated, "names no user");
  }
}

TEST_F(Jwt, IsTakenUntilItsExpiryAndTheLeeway) {
  EXPECT_TRUE(verify(good(claims_with(at("exp", -4), aud))));
  expect_refused(good(claims_with(at("exp", -5), aud)), Errc::unauthenticated, "has expired");
  for (const char* expiry : {R"("x":1)", R"("exp":"1900000000")", R"("exp":null)", R"("exp":-1)"}) {
    expect_refused(good(claims_with(expiry, aud)), Errc::unauthenticated, "no expiry");
  }
}

TEST_F(Jwt, MayExpireWithAFractionOrInTheFarFuture) {
  EXPECT_TRUE(verify(good(claims_with(R"("exp":1800000100.5)", aud))));
  for (const char* expiry : {"1e300", "253402300799", "18446744073709551615"}) {
    const auto verified = verify(good(claims_with("\"exp\":" + std::string(expiry), aud)));
    ASSERT_TRUE(verified);
    EXPECT_GT(verified->expires_at, now + std::chrono::hours(24 * 365 * 100));
  }
}

TEST_F(Jwt, IsRefusedBeforeItBegins) {
  const std::string exp = at("exp", 900) + ",";
  EXPECT_TRUE(verify(good(claims_with(exp + at("nbf", 5) + "," + at("iat", 5), aud))));
  expect_refused(good(claims_with(exp + at("nbf", 6), aud)), Errc::unauthenticated, "not yet valid");
  expect_refused(good(claims_with(exp + at("iat", 6), aud)), Errc::unauthenticated, "not yet valid");
  expect_refused(good(claims_with(exp + R"("nbf":"soon")", aud)));
}

TEST_F(Jwt, HasToBeIssuedByTheAppForTheApp) {
  const std::string exp = at("exp", 900);
  EXPECT_TRUE(verify(good(claims_with(exp, R"("aud":["https://other","https://app.example.com"])"))));
  for (const char* audience :
       {R"("aud":"https://other")", R"("aud":["https://other"])", R"("aud":[])", R"("aud":null)", R"("x":1)",
        R"("aud":{"https://app.example.com":1})", R"("aud":"https://app.example.com/")",
        R"("aud":[["https://app.example.com"]])"}) {
    expect_refused(good(claims_with(exp, audience)), Errc::unauthenticated, "audience");
  }
  expect_refused(good(R"({"sub":"u","iss":"https://evil",)" + exp + "," + aud + "}"), Errc::unauthenticated,
                 "issuer");
  expect_refused(good(R"({"sub":"u",)" + exp + "," + aud + "}"), Errc::unauthenticated, "issuer");
}

TEST_F(Jwt, IsNotTakenWithoutABaseUrl) {
  const auto verified = verify_jwt(good(), keys(), JwtRules{}, now);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Errc::unauthenticated);
  EXPECT_EQ(verified.error().message, "JWTs are not taken here");
}

TEST_F(Jwt, IsTakenForAWhileAfterItsKeyHasExpired) {
  EXPECT_TRUE(verify(with_header(header("EdDSA", "old"))));
  expect_refused(with_header(header("EdDSA", "older")), Errc::unauthenticated, "key has expired");
}

TEST_F(Jwt, MayNotBeLongOrDeep) {
  expect_refused(good(claims_with(at("exp", 900) + R"(,"x":")" + std::string(8192, 'x') + "\"", aud)));
  expect_refused(
      good(claims_with(at("exp", 900) + R"(,"x":)" + std::string(100, '[') + std::string(100, ']'), aud)));
  expect_refused(std::string(1 << 20, '.'));
}

TEST_F(Jwt, IsRefusedWhenAPartIsNoJsonObject) {
  for (const char* part : {"", "[]", "null", "{", "\"alg\"", "{\"a\":\"\xff\"}"}) {
    expect_refused(good(part));
    expect_refused(with_header(part));
  }
}

TEST_F(Jwt, LooksLikeOne) {
  EXPECT_TRUE(looks_like_jwt(good()));
  EXPECT_TRUE(looks_like_jwt(encode(R"({"alg":"none"})") + ".e30.AA"));
  EXPECT_FALSE(looks_like_jwt(encode(R"({"kid":"none"})") + ".e30.AA"));
  EXPECT_FALSE(looks_like_jwt(encode(R"({"alg":"none"})") + ".e30."));
  EXPECT_FALSE(looks_like_jwt(encode(R"({"alg":"none"})") + ".e30"));
  EXPECT_FALSE(looks_like_jwt(encode(R"({"alg":"none"})") + ".e3=.AA"));
  EXPECT_FALSE(looks_like_jwt("a.b.c"));
  EXPECT_FALSE(looks_like_jwt(""));
  EXPECT_FALSE(looks_like_jwt(good() + std::string(8192, 'A')));
}

TEST_F(Jwt, LeavesOutKeysThatCannotBeUsed) {
  const Signer p384 = Signer::ec("P-384");
  const Signer small = Signer::rsa(1024);
  const std::string ed = ed_->ed25519_jwk();
  const std::vector<std::string> unusable = {
      "",
      "{}",
      "null",
      R"({"kty":"oct","k":"c2VjcmV0"})",
      R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})",
      R"({"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
      R"({"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
      p384.ec_jwk("P-384", 48),
      p384.ec_jwk("P-256", 48),
      small.rsa_jwk(),
      rsa_->rsa_jwk(R"(,"alg":"RS512")"),
      rsa_->rsa_jwk(R"(,"alg":7)"),
      rsa_->rsa_jwk(R"(,"use":"enc")"),
      rsa_->rsa_jwk(R"(,"e":"AQ")"),
      ed.substr(0, ed.size() - 1) + R"(,"alg":"HS256"})",
  };
  std::vector<StoredKey> stored = {{"good", ed, {}}};
  for (const std::string& key : unusable) stored.push_back({"bad", key, {}});
  const KeySet keys(stored);
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.unusable(), unusable.size());
}

}  // namespace
}  // namespace canvas::auth
