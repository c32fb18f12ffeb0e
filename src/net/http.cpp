#include "net/http.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace canvas::net {

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, name)) return value;
  }
  return {};
}

bool HttpRequest::has_header(std::string_view name) const {
  return std::ranges::any_of(headers,
                             [&](const auto& header) { return boost::beast::iequals(header.first, name); });
}

std::string HttpRequest::header_list(std::string_view name) const {
  std::string list;
  for (const auto& [key, value] : headers) {
    if (!boost::beast::iequals(key, name)) continue;
    if (!list.empty()) list += ", ";
    list += value;
  }
  return list;
}

}  // namespace canvas::net
