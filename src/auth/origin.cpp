#include "auth/origin.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "auth/text_internal.h"

namespace canvas::auth {
namespace {

// A host has 253 characters at most.
constexpr std::size_t max_origin_bytes = 512;

// What may stand in a host and for a port: in a pattern there may be wildcards.
enum class Wildcards { no, yes };

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool is_ipv6(std::string_view text) {
  return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
         text.find_first_not_of("0123456789abcdefABCDEF:.", 1) == text.size() - 1;
}

// Without empty labels: no host has them.
bool is_host(std::string_view text, Wildcards wildcards) {
  if (is_ipv6(text)) return true;
  if (text.empty() || text.starts_with('.') || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [wildcards](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' ||
           (c == '*' && wildcards == Wildcards::yes);
  });
}

bool is_port(std::string_view text, Wildcards wildcards) {
  if (text == "*") return wildcards == Wildcards::yes;
  return !text.empty() && text.size() <= 5 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), is_digit) && std::stoul(std::string(text)) <= 65535;
}

// HOST or HOST:PORT; the scheme is for later.
std::optional<OriginPattern> parse_authority(std::string_view text, Wildcards wildcards) {
  const std::size_t colon = text.find(':', text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0);
  const std::string_view host = text.substr(0, colon);
  if (!is_host(host, wildcards)) return std::nullopt;
  OriginPattern origin{.scheme = {}, .host = to_lower(host), .port = {}};
  if (colon == std::string_view::npos) return origin;
  const std::string_view port = text.substr(colon + 1);
  if (!is_port(port, wildcards)) return std::nullopt;
  origin.port = port;
  return origin;
}

std::string_view own_port(std::string_view scheme) {
  if (scheme == "http") return "80";
  if (scheme == "https") return "443";
  return {};
}

// SCHEME://HOST[:PORT] and nothing more.
std::optional<OriginPattern> parse_origin(std::string_view text, Wildcards wildcards) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || !is_scheme(text.substr(0, end))) return std::nullopt;
  std::optional<OriginPattern> origin = parse_authority(text.substr(end + 3), wildcards);
  if (!origin) return std::nullopt;
  origin->scheme = to_lower(text.substr(0, end));
  if (origin->port == own_port(origin->scheme)) origin->port.clear();
  return origin;
}

// A URL without what follows its host and port. (A user before them is refused.)
std::string_view origin_of_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  return url.substr(0, url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3));
}

// Whether `text` is `pattern`, in which `*` stands for any characters. Each piece between two of them is
// looked for once, from where the one before it ended: nothing is tried again.
bool matches_glob(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) return pattern == text;
  const std::size_t last = pattern.rfind('*');
  const std::string_view head = pattern.substr(0, first);
  const std::string_view tail = pattern.substr(last + 1);
  if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail)) {
    return false;
  }
  text = text.substr(head.size(), text.size() - head.size() - tail.size());
  for (std::size_t from = first + 1; from <= last;) {
    const std::size_t star = pattern.find('*', from);
    const std::string_view piece = pattern.substr(from, star - from);
    const std::size_t found = text.find(piece);
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + piece.size());
    from = star + 1;
  }
  return true;
}

// An entry of a list.
std::optional<OriginPattern> parse_pattern(std::string_view entry) {
  if (entry.size() > max_origin_bytes) return std::nullopt;
  if (entry.find("://") != std::string_view::npos) {
    return parse_origin(origin_of_url(entry), Wildcards::yes);
  }
  // `null` is the origin of whatever has none, and would look as if it were allowed.
  if (entry == "null") return std::nullopt;
  return parse_authority(entry, Wildcards::yes);
}

bool matches_scheme(const OriginPattern& pattern, const OriginPattern& origin) {
  if (!pattern.scheme.empty()) return pattern.scheme == origin.scheme;
  return origin.scheme == "http" || origin.scheme == "https";
}

bool matches_host(const OriginPattern& pattern, const OriginPattern& origin) {
  // `*` is never a ':', and only addresses in brackets have one.
  if (origin.host.starts_with('[')) return pattern.host == origin.host;
  return matches_glob(pattern.host, origin.host);
}

bool matches_port(const OriginPattern& pattern, const OriginPattern& origin) {
  if (pattern.port == "*" || pattern.port == origin.port) return true;
  return origin.port.empty() && !pattern.port.empty() && pattern.port == own_port(origin.scheme);
}

}  // namespace

Result<void> OriginRules::add(std::string_view list) {
  std::vector<OriginPattern> added;
  bool everybody = false;
  for (const std::string_view entry : split_trimmed(list, ',')) {
    if (entry == "*") {
      everybody = true;
      continue;
    }
    std::optional<OriginPattern> pattern = parse_pattern(entry);
    if (!pattern) {
      return Error{Errc::invalid_use, "\"" + std::string(entry.substr(0, max_origin_bytes)) +
                                          "\" is not an origin such as https://app.example.com, "
                                          "https://*.example.com or *.example.com"};
    }
    added.push_back(std::move(*pattern));
  }
  patterns_.insert(patterns_.end(), std::make_move_iterator(added.begin()),
                   std::make_move_iterator(added.end()));
  everybody_ = everybody_ || everybody;
  return {};
}

bool OriginRules::allows(std::string_view origin) const {
  if (everybody_) return true;
  if (origin.size() > max_origin_bytes) return false;
  const std::optional<OriginPattern> parsed = parse_origin(origin, Wildcards::no);
  if (!parsed) return false;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const OriginPattern& pattern) {
    return matches_scheme(pattern, *parsed) && matches_host(pattern, *parsed) &&
           matches_port(pattern, *parsed);
  });
}

bool OriginRules::allows_everybody() const {
  return everybody_;
}

bool OriginRules::is_empty() const {
  return patterns_.empty() && !everybody_;
}

}  // namespace canvas::auth
