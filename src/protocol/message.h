// What clients say: one set of values for both protocols.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::protocol {

// Which of the two protocols a socket speaks (docs/protocols.md). They share everything inside a message, but
// for the address.
enum class Dialect {
  hocuspocus,   // every message names its document; many documents on one socket
  y_websocket,  // the document is in the URL; one a socket
};

// Where a message goes, or comes from: what the client wrote, and gets back to the letter.
struct Address {
  Dialect dialect;
  std::string text;  // Hocuspocus: "name" or "name\0session"; y-websocket: empty
};

// Views are into the frame that was read. Bytes inside (updates, state vectors, awareness) have not been
// looked at yet.
struct SyncStep1 {
  BytesView state_vector;
};
struct SyncStep2 {
  BytesView update;
};
struct SyncUpdate {
  BytesView update;
};
struct AwarenessUpdate {
  BytesView update;
};
struct QueryAwareness {};
struct AuthToken {
  std::string_view token;
  std::string_view client_version;  // from provider 4 on; else empty
};
struct Stateless {
  std::string_view payload;
};
struct CloseDocument {};
// Of the socket, not of a document.
struct Ping {};
struct Pong {};

using Message = std::variant<SyncStep1, SyncStep2, SyncUpdate, AwarenessUpdate, QueryAwareness, AuthToken,
                             Stateless, CloseDocument, Ping, Pong>;

struct Received {
  std::string_view address;  // as in Address::text
  Message message;
};

// Which protocol a client speaks, by the first frame that it sends; a later frame cannot tell. `frame` is not
// empty.
Dialect detect_dialect(BytesView frame);

// Reads one frame of a client. Fails with Errc::malformed, or Errc::unsupported for a message that only
// servers send to each other.
Result<Received> read_message(Dialect dialect, BytesView frame);

// The document that an address names: what stands before its first NUL.
std::string_view document_of(std::string_view address);

}  // namespace canvas::protocol
