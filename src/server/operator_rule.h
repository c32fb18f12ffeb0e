// Who may change documents as the operator of the server, through the health port.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"

namespace canvas::server {

// A process on this machine that asks for itself, and is no web page. Where there are secrets it also has to
// prove that it knows one: it is refused with a challenge (401, `WWW-Authenticate: Canvas-Operator NONCE`),
// and comes again with `Authorization: Canvas-Operator NONCE PROOF` (auth::operator_proof). A challenge is
// good for one answer, and not for long. On the shard's thread.
class OperatorRule {
public:
  using Secrets = std::vector<std::string>;
  using Time = std::chrono::steady_clock::time_point;

  // Without secrets no proof is asked for, as guests need none either.
  OperatorRule(std::optional<Secrets> secrets, std::uint16_t port)
      : secrets_(std::move(secrets)), port_(std::to_string(port)) {}

  // Nothing when the request is the operator's; else the answer that refuses it.
  std::optional<net::HttpResponse> refuse(const net::HttpRequest& request, Time now);

private:
  struct Challenge {
    std::string nonce;
    Time until;
  };

  net::HttpResponse challenge(Time now);
  bool is_answered(std::string_view authorization, Time now);

  const std::optional<Secrets> secrets_;
  const std::string port_;
  std::deque<Challenge> open_;  // the oldest first; of many the oldest go
};

}  // namespace canvas::server
