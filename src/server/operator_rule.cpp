#include "server/operator_rule.h"

#include "auth/operator_token.h"
#include "server/client_address.h"

namespace canvas::server {
namespace {

constexpr std::string_view bearer = "Bearer ";

}  // namespace

Result<void> OperatorRule::check(const net::HttpRequest& request) const {
  if (!is_local(request)) return Error{Errc::forbidden, "only taken from this machine"};
  // Browsers send one along with every WebSocket.
  if (!request.header("Origin").empty()) return Error{Errc::forbidden, "not taken from a web page"};
  if (!secrets) return {};
  const std::string_view shown = request.header("Authorization");
  if (shown.starts_with(bearer) && auth::is_operator_token(shown.substr(bearer.size()), *secrets)) return {};
  return Error{Errc::unauthenticated, "this is for who knows the server's BETTER_AUTH_SECRET"};
}

}  // namespace canvas::server
