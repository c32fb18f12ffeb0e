#include "server/operator_rule.h"

#include <algorithm>
#include <random>

#include "auth/operator_proof.h"
#include "auth/signature.h"
#include "server/client_address.h"

namespace canvas::server {
namespace {

constexpr std::string_view scheme = "Canvas-Operator ";
constexpr std::chrono::seconds good_for{10};
constexpr std::size_t max_open = 64;
constexpr std::size_t nonce_bytes = 24;

std::string make_nonce() {
  std::random_device random;
  Bytes bytes(nonce_bytes);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random()); });
  return auth::encode_base64url(bytes);
}

net::HttpResponse refusal(unsigned status, std::string_view words) {
  return {status, "text/plain; charset=utf-8", std::string(words) + "\n"};
}

}  // namespace

std::optional<net::HttpResponse> OperatorRule::refuse(const net::HttpRequest& request, Time now) {
  if (!is_asked_here(request)) return refusal(403, "only taken from this machine");
  // Browsers send one along with every WebSocket.
  if (request.has_header("Origin")) return refusal(403, "not taken from a web page");
  if (!secrets_ || is_answered(request.header("Authorization"), now)) return std::nullopt;
  return challenge(now);
}

net::HttpResponse OperatorRule::challenge(Time now) {
  while (!open_.empty() && (open_.size() >= max_open || open_.front().until < now)) open_.pop_front();
  open_.push_back({make_nonce(), now + good_for});
  net::HttpResponse answer = refusal(401, "this is for who knows the server's BETTER_AUTH_SECRET");
  answer.headers.emplace_back("WWW-Authenticate", std::string(scheme) + open_.back().nonce);
  return answer;
}

bool OperatorRule::is_answered(std::string_view authorization, Time now) {
  if (!authorization.starts_with(scheme)) return false;
  authorization.remove_prefix(scheme.size());
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return false;
  const auto found = std::ranges::find(open_, authorization.substr(0, space), &Challenge::nonce);
  if (found == open_.end()) return false;
  const Challenge asked = *found;
  open_.erase(found);
  return asked.until >= now &&
         auth::is_operator_proof(authorization.substr(space + 1), {asked.nonce, port_}, *secrets_);
}

}  // namespace canvas::server
