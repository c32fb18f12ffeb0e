// Which web pages may use a visitor's cookie here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace canvas::auth {

// An origin, or a pattern of some; lower case.
struct OriginPattern {
  std::string scheme;  // empty: http or https
  std::string host;    // `*` stands for any characters
  std::string port;    // empty: the scheme's own; "*": any
};

// Origins that are allowed, as Better Auth's trustedOrigins has them: https://app.example.com,
// https://*.example.com, *.example.com (http and https). `*` in a pattern stands for any characters of a
// host, and never for ':' or '/'; for a port it is any. A single "*" is everybody. An empty list is nobody.
class OriginRules {
public:
  // Adds a comma list. A URL counts as its origin; a port that is the scheme's own may be left out. Fails
  // with Errc::invalid_use, naming the entry.
  Result<void> add(std::string_view list);

  // `origin` as a browser sends it. No origin at all, and `null`, are allowed by "*" alone.
  bool allows(std::string_view origin) const;

  bool allows_everybody() const;
  bool is_empty() const;

private:
  std::vector<OriginPattern> patterns_;
  bool everybody_ = false;
};

}  // namespace canvas::auth
