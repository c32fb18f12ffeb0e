#include "protocol/document_name.h"

#include <algorithm>

#include "base/utf8.h"

namespace canvas::protocol {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return malformed("the path of the URL has a bad percent escape");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

Result<void> check_document_name(std::string_view name) {
  if (name.size() > max_document_name_bytes) {
    return malformed("the document name is longer than " + std::to_string(max_document_name_bytes) +
                     " bytes");
  }
  if (name.find_first_not_of(' ') == std::string_view::npos) return malformed("the document name is empty");
  if (!is_valid_utf8(name)) return malformed("the document name is not valid UTF-8");
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return malformed("the document name has a control character");
  }
  return {};
}

Result<std::optional<std::string>> document_from_path(std::string_view path, std::string_view prefix) {
  if (!prefix.empty() && path.starts_with(prefix) &&
      (path.size() == prefix.size() || path[prefix.size()] == '/')) {
    path.remove_prefix(prefix.size());
  }
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return std::optional<std::string>{};
  Result<std::string> name = percent_decode(path);
  if (!name) return name.error();
  if (Result<void> checked = check_document_name(*name); !checked) return checked.error();
  return std::optional<std::string>(std::move(*name));
}

}  // namespace canvas::protocol
