// Who may change documents as the operator of the server, through the health port.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace canvas::server {

// A process on this machine that asks for itself, and is no web page; where there are secrets it also has to
// show an auth::operator_token made with one of them.
struct OperatorRule {
  std::optional<std::vector<std::string>>
      secrets{};  // none: no proof is asked for, as guests need none either

  // Fails with Errc::forbidden, or Errc::unauthenticated where the token is missing or wrong.
  Result<void> check(const net::HttpRequest& request) const;
};

}  // namespace canvas::server
