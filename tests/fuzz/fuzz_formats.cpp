// What is read and written without a document. The first byte of an input says what the rest is.

#include "base/json_text.h"
#include "base/utf8.h"
#include "check.h"
#include "crdt/difference.h"
#include "crdt/relative_position.h"
#include "crdt/snapshot.h"
#include "crdt/update_meta.h"
#include "crdt/update_reader.h"
#include "lib0/any_json.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

// A state vector with a byte for its length before it, and an update.
void check_update_parts(BytesView input) {
  lib0::Reader in(input);
  const auto known = StateVector::decode(in.read_bytes(in.read_u8()));
  if (in.failed() || !known) return;
  const BytesView update = in.read_bytes(in.remaining());
  const bool is_update = check_update(update).has_value();
  const auto rest = diff_update(update, *known);
  const auto state = state_vector_of_update(update);
  const auto meta = read_update_meta(update);
  const auto snapshot = snapshot_of_update(update);
  FUZZ_CHECK(rest.has_value() == is_update && state.has_value() == is_update);
  FUZZ_CHECK(meta.has_value() == is_update && snapshot.has_value() == is_update);
  if (!is_update) return;
  FUZZ_CHECK(check_update(*rest).has_value());
  FUZZ_CHECK(diff_update(*rest, *known).value() == *rest);
  for (const ClientSpan& span : *meta) FUZZ_CHECK(span.from <= max_clock && span.to <= max_clock);
  FUZZ_CHECK(snapshot->state == *state);
  FUZZ_CHECK(decode_snapshot(encode_snapshot(*snapshot)).value() == *snapshot);
}

void check_snapshot(const Result<Snapshot>& snapshot) {
  if (!snapshot) return;
  FUZZ_CHECK(decode_snapshot(encode_snapshot(*snapshot)).value() == *snapshot);
  FUZZ_CHECK(decode_snapshot_v2(encode_snapshot_v2(*snapshot)).value() == *snapshot);
}

void check_position(const Result<RelativePosition>& position) {
  if (!position) return;
  const std::string json = relative_position_to_json(*position);
  FUZZ_CHECK(is_json_text(json));
  FUZZ_CHECK(lib0::normalize_json(json) == json);
  // A root without a name is left out of JSON, and may have been all there was.
  if (!position->root_name || !position->root_name->empty()) {
    FUZZ_CHECK(relative_position_from_json(json).value() == *position);
  }
  const Bytes bytes = encode_relative_position(*position);
  const auto again = decode_relative_position(bytes);
  FUZZ_CHECK(again.has_value() && encode_relative_position(*again) == bytes);
}

std::string json_of(BytesView any) {
  lib0::Reader in(any);
  std::string json;
  FUZZ_CHECK(lib0::write_any_as_json(in, json) && in.at_end());
  return json;
}

// JSON that came from Any: becomes Any and the same JSON again.
void check_json_of_any(const std::string& json) {
  lib0::Writer any;
  FUZZ_CHECK(lib0::write_json_as_any(json, any).has_value());
  FUZZ_CHECK(json_of(any.bytes()) == lib0::normalize_json(json));
}

void check_any(BytesView input) {
  lib0::Reader in(input);
  std::string json;
  if (!lib0::write_any_as_json(in, json)) {
    FUZZ_CHECK(json.empty());
    return;
  }
  FUZZ_CHECK(is_json_text(json));
  check_json_of_any(json);
}

void check_json(std::string_view text) {
  lib0::Writer any;
  const bool is_written = lib0::write_json_as_any(text, any).has_value();
  FUZZ_CHECK(is_written == is_json_text(text));
  if (!is_written) return;
  const std::string normal = lib0::normalize_json(text);
  FUZZ_CHECK(is_json_text(normal));
  FUZZ_CHECK(lib0::normalize_json(normal) == normal);
  lib0::Writer any_of_normal;
  FUZZ_CHECK(lib0::write_json_as_any(normal, any_of_normal).has_value());
  // -0 and what is infinite are told apart in Any, but not in normal JSON.
  FUZZ_CHECK(json_of(any.bytes()) == json_of(any_of_normal.bytes()));
  check_any(any.bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView input(data + 1, size - 1);
  const bool is_text = is_valid_utf8(as_text(input));
  switch (data[0] % 7) {
    case 0: check_update_parts(input); break;
    case 1: check_snapshot(decode_snapshot(input)); break;
    case 2: check_snapshot(decode_snapshot_v2(input)); break;
    case 3: check_position(decode_relative_position(input)); break;
    case 4:
      if (is_text) check_position(relative_position_from_json(as_text(input)));
      break;
    case 5: check_any(input); break;
    default:
      if (is_text) check_json(as_text(input));
  }
  return 0;
}
