#include "auth/jwk_internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

#include "auth/signature.h"

namespace canvas::auth {
namespace {

using boost::json::object;

constexpr std::size_t max_json_depth = 16;
constexpr std::size_t max_jwk_bytes = 16u << 10;
constexpr std::size_t curve_bytes = 32;
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr std::size_t max_exponent_bytes = 8;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};

using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

// What OpenSSL has to say about a hostile key or signature is not kept for whoever asks next on this thread.
class ErrorMark {
public:
  ErrorMark() { ERR_set_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
  ~ErrorMark() { ERR_pop_to_mark(); }
};

std::optional<Bytes> find_bytes(const object& jwk, std::string_view name) {
  const std::optional<std::string_view> text = find_string(jwk, name);
  return text ? decode_base64url(*text) : std::nullopt;
}

Number to_number(BytesView bytes) {
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// Pins a key to the one that its own `alg` says, where it is there, of those that it could be for.
std::optional<PublicKey> pin(const object& jwk, Key key, std::vector<std::string_view> algorithms) {
  if (jwk.contains("alg")) {
    const std::optional<std::string_view> own = find_string(jwk, "alg");
    std::erase_if(algorithms, [&](std::string_view algorithm) { return algorithm != own; });
  }
  if (!key || algorithms.empty()) return std::nullopt;
  return PublicKey{std::move(key), std::move(algorithms)};
}

Key make_key(const char* kind, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

std::optional<PublicKey> read_ed25519(const object& jwk) {
  const auto point = find_bytes(jwk, "x");
  if (find_string(jwk, "crv") != "Ed25519" || !point || point->size() != curve_bytes) return std::nullopt;
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point->data(), point->size()));
  return pin(jwk, std::move(key), {"EdDSA"});
}

std::optional<PublicKey> read_p256(const object& jwk) {
  const auto x = find_bytes(jwk, "x");
  const auto y = find_bytes(jwk, "y");
  if (find_string(jwk, "crv") != "P-256" || !x || !y || x->size() != curve_bytes ||
      y->size() != curve_bytes) {
    return std::nullopt;
  }
  Bytes point{POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      !OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
      !OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size())) {
    return std::nullopt;
  }
  Key key = make_key("EC", builder.get());
  const KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return std::nullopt;
  return pin(jwk, std::move(key), {"ES256"});
}

std::optional<PublicKey> read_rsa(const object& jwk) {
  const auto modulus = find_bytes(jwk, "n");
  const auto exponent = find_bytes(jwk, "e");
  if (!modulus || !exponent || exponent->size() > max_exponent_bytes) return std::nullopt;
  const Number n = to_number(*modulus);
  const Number e = to_number(*exponent);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) return std::nullopt;
  const int bits = BN_num_bits(n.get());
  if (bits < min_rsa_bits || bits > max_rsa_bits || !BN_is_odd(n.get())) return std::nullopt;
  // With an exponent of one everything is signed.
  if (!BN_is_odd(e.get()) || BN_is_one(e.get())) return std::nullopt;
  if (!OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get())) {
    return std::nullopt;
  }
  return pin(jwk, make_key("RSA", builder.get()), {"RS256", "PS256"});
}

std::optional<PublicKey> read_any(const object& jwk) {
  const std::optional<std::string_view> kind = find_string(jwk, "kty");
  if (kind == "OKP") return read_ed25519(jwk);
  if (kind == "EC") return read_p256(jwk);
  if (kind == "RSA") return read_rsa(jwk);
  return std::nullopt;
}

// From r and s, one after the other, to what OpenSSL takes.
std::optional<Bytes> to_der(BytesView signature) {
  if (signature.size() != 2 * curve_bytes) return std::nullopt;
  const EcSignature both(ECDSA_SIG_new());
  Number r = to_number(signature.first(curve_bytes));
  Number s = to_number(signature.subspan(curve_bytes));
  if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return std::nullopt;
  // They are the signature's now.
  (void)r.release();
  (void)s.release();
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return std::nullopt;
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* out = der.data();
  i2d_ECDSA_SIG(both.get(), &out);
  return der;
}

bool verify_with(const PublicKey& key, std::string_view algorithm, BytesView text, BytesView signature) {
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* const digest = algorithm == "EdDSA" ? nullptr : EVP_sha256();
  EVP_PKEY_CTX* key_context = nullptr;  // the context's
  if (!context || EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key.key.get()) != 1) {
    return false;
  }
  if (algorithm == "PS256" && (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
                               EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, EVP_sha256()) != 1 ||
                               EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), text.data(), text.size()) == 1;
}

}  // namespace

bool PublicKey::is_for(std::string_view algorithm) const {
  return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
}

bool is_known_algorithm(std::string_view algorithm) {
  return algorithm == "EdDSA" || algorithm == "ES256" || algorithm == "RS256" || algorithm == "PS256";
}

std::optional<PublicKey> read_jwk(std::string_view json) {
  if (json.size() > max_jwk_bytes) return std::nullopt;
  const std::optional<object> jwk = parse_json_object(json);
  if (!jwk || (jwk->contains("use") && find_string(*jwk, "use") != "sig")) return std::nullopt;
  const ErrorMark mark;
  return read_any(*jwk);
}

bool verify_signature(const PublicKey& key, std::string_view algorithm, std::string_view text,
                      BytesView signature) {
  const ErrorMark mark;
  if (algorithm != "ES256") return verify_with(key, algorithm, as_bytes(text), signature);
  const std::optional<Bytes> der = to_der(signature);
  return der && verify_with(key, algorithm, as_bytes(text), *der);
}

std::optional<object> parse_json_object(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string_view> find_string(const object& json, std::string_view name) {
  const boost::json::value* const value = json.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  const boost::json::string& text = value->get_string();
  return std::string_view(text.data(), text.size());
}

}  // namespace canvas::auth
