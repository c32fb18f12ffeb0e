#include "net/http.h"

#include <boost/beast/core/string.hpp>

namespace canvas::net {

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, name)) return value;
  }
  return {};
}

}  // namespace canvas::net
