// Frames of clients in both dialects, addresses, and the paths of URLs. What was read and can be said by the
// server too is said, and read again.

#include <string>

#include "base/utf8.h"
#include "check.h"
#include "protocol/document_name.h"
#include "protocol/frame.h"
#include "protocol/message.h"

namespace {

using namespace canvas;
using namespace canvas::protocol;

bool lies_within(BytesView part, BytesView whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool is_equal(BytesView a, BytesView b) {
  return as_text(a) == as_text(b);
}

// A server's frame without its WebSocket header.
BytesView payload_of(const Frame& frame) {
  const BytesView bytes(*frame);
  FUZZ_CHECK(bytes.size() >= 2 && bytes[0] == 0x82 && bytes[1] <= 127);
  const std::size_t header = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10;
  std::size_t length = bytes[1];
  if (header > 2) {
    length = 0;
    for (std::size_t i = 2; i < header; ++i) length = length << 8 | bytes[i];
  }
  FUZZ_CHECK(bytes.size() == header + length);
  return bytes.subspan(header);
}

// One checker for each kind of message: its views are in the frame, and the server's form of it reads as the
// same.
class MessageChecker {
public:
  MessageChecker(Dialect dialect, BytesView frame, std::string_view address)
      : to_{dialect, std::string(address)}, frame_(frame) {}

  void operator()(const SyncStep1& message) const { check<SyncStep1>(message.state_vector, sync_step1); }
  void operator()(const SyncStep2& message) const { check<SyncStep2>(message.update, sync_step2); }
  void operator()(const SyncUpdate& message) const { check<SyncUpdate>(message.update, sync_update); }
  void operator()(const AwarenessUpdate& message) const {
    check<AwarenessUpdate>(message.update, awareness_update);
  }
  void operator()(const AuthToken& message) const {
    check_text(message.token);
    check_text(message.client_version);
  }
  void operator()(const Stateless& message) const {
    check_text(message.payload);
    const Frame frame = stateless(to_, message.payload);
    const auto again = read_message(to_.dialect, payload_of(frame));
    FUZZ_CHECK(again && std::get<Stateless>(again->message).payload == message.payload);
  }
  void operator()(const QueryAwareness&) const {}
  void operator()(const CloseDocument&) const { FUZZ_CHECK(to_.dialect == Dialect::hocuspocus); }
  void operator()(const Ping&) const { FUZZ_CHECK(to_.dialect == Dialect::hocuspocus && frame_.size() == 1); }
  void operator()(const Pong&) const { FUZZ_CHECK(to_.dialect == Dialect::hocuspocus && frame_.size() == 1); }

private:
  void check_text(std::string_view text) const {
    FUZZ_CHECK(lies_within(as_bytes(text), frame_));
    FUZZ_CHECK(is_valid_utf8(text));
  }

  static BytesView bytes_of(const SyncStep1& message) { return message.state_vector; }
  template <class T>
  static BytesView bytes_of(const T& message) {
    return message.update;
  }

  template <class T>
  void check(BytesView bytes, Frame (*make)(const Address&, BytesView)) const {
    FUZZ_CHECK(lies_within(bytes, frame_));
    const Frame frame = make(to_, bytes);
    const auto again = read_message(to_.dialect, payload_of(frame));
    FUZZ_CHECK(again.has_value());
    FUZZ_CHECK(again->address == to_.text);
    FUZZ_CHECK(is_equal(bytes_of(std::get<T>(again->message)), bytes));
  }

  Address to_;
  BytesView frame_;
};

void check_frame(Dialect dialect, BytesView frame) {
  const auto received = read_message(dialect, frame);
  if (!received) {
    FUZZ_CHECK(received.error().code == Errc::malformed || received.error().code == Errc::unsupported);
    FUZZ_CHECK(!received.error().message.empty());
    return;
  }
  FUZZ_CHECK(lies_within(as_bytes(received->address), frame));
  FUZZ_CHECK(is_valid_utf8(received->address));
  FUZZ_CHECK(document_of(received->address).find('\0') == std::string_view::npos);
  (void)check_document_name(document_of(received->address));
  std::visit(MessageChecker(dialect, frame, received->address), received->message);
}

std::string percent_encode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return encoded;
}

void check_path(std::string_view path, std::string_view prefix) {
  const auto name = document_from_path(path, prefix);
  if (!name) {
    FUZZ_CHECK(name.error().code == Errc::malformed);
    return;
  }
  if (!name->has_value()) return;
  FUZZ_CHECK(check_document_name(**name).has_value());
  const auto again = document_from_path(std::string(prefix) + "/" + percent_encode(**name), prefix);
  FUZZ_CHECK(again && *again == *name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  check_frame(Dialect::hocuspocus, input);
  check_frame(Dialect::y_websocket, input);
  if (!input.empty()) {
    // The first frame decides; in the dialect that it decides for, it is read as above.
    FUZZ_CHECK((detect_dialect(input) == Dialect::y_websocket) == (input[0] == 0));
  }
  check_path(as_text(input), "");
  check_path(as_text(input), "/ws");
  return 0;
}
