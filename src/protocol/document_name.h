// Names of documents, as they come from frames and URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas::protocol {

inline constexpr std::size_t max_document_name_bytes = 512;

// A name is valid UTF-8, not blank, without control characters, at most max_document_name_bytes. Fails with
// Errc::malformed and says which.
Result<void> check_document_name(std::string_view name);

// The document that the path of a y-websocket URL names: "/ROOM", or "/PREFIX/ROOM" where `prefix` is
// "/PREFIX" (or empty), percent-decoded. None when the path is empty, "/" or the prefix alone: then only
// Hocuspocus clients, whose frames name their documents, can use it. `path` is without the query. Fails with
// Errc::malformed on a bad escape or a name that check_document_name refuses.
Result<std::optional<std::string>> document_from_path(std::string_view path, std::string_view prefix);

}  // namespace canvas::protocol
