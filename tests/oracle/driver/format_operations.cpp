// Formats, without a document. V1 and V2 are updates of that format, V a u8 that says which an argument is (1
// or 2):
//
//   32 any_to_json ANY                   whether there is any (u8), text
//   33 json_to_any TEXT                  bytes
//   34 normalize_json TEXT               text
//   35 to_v2 V1                          V2
//   36 to_v1 V2                          V1
//   37 check_v2 V2                       nothing
//   38 diff V1 STATE_VECTOR              V1
//   39 state_vector V1                   bytes
//   40 meta V1                           COUNT, then client, from, to of each
//   41 snapshot_of V1                    snapshot of format 1
//   42 snapshot V SNAPSHOT               the same snapshot, format 1 and format 2
//   43 relative_position BYTES           the same, as bytes and as JSON
//   44 relative_position_of_json TEXT    bytes

#include "base/json_text.h"
#include "crdt/convert.h"
#include "crdt/difference.h"
#include "crdt/relative_position.h"
#include "crdt/snapshot.h"
#include "crdt/update_meta.h"
#include "crdt/update_v2_reader.h"
#include "driver/operations.h"
#include "lib0/any_json.h"

namespace canvas::oracle {
namespace {

void add_json_operations(Operations& operations) {
  operations[32] = [](lib0::Reader& in, lib0::Writer& out) {
    lib0::Reader value(in.read_var_bytes());
    std::string text;
    const bool is_there = lib0::write_any_as_json(value, text);
    if (value.failed()) throw std::runtime_error(value.error().message);
    if (!value.at_end()) throw std::runtime_error("bytes are left over");
    out.write_u8(is_there ? 1 : 0);
    out.write_var_string(text);
  };
  operations[33] = [](lib0::Reader& in, lib0::Writer& out) {
    lib0::Writer any;
    if (const auto done = lib0::write_json_as_any(in.read_var_string(), any); !done) {
      throw std::runtime_error(done.error().message);
    }
    out.write_var_bytes(any.bytes());
  };
  operations[34] = [](lib0::Reader& in, lib0::Writer& out) {
    const std::string_view text = in.read_var_string();
    if (!is_json_text(text)) throw std::runtime_error("a value is not JSON");
    out.write_var_string(lib0::normalize_json(text));
  };
}

void add_update_operations(Operations& operations) {
  operations[35] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(take(crdt::convert_v1_to_v2(in.read_var_bytes())));
  };
  operations[36] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(take(crdt::convert_v2_to_v1(in.read_var_bytes())));
  };
  operations[37] = [](lib0::Reader& in, lib0::Writer&) {
    if (const auto checked = crdt::check_update_v2(in.read_var_bytes()); !checked) {
      throw std::runtime_error(checked.error().message);
    }
  };
  operations[38] = [](lib0::Reader& in, lib0::Writer& out) {
    const BytesView update = in.read_var_bytes();
    out.write_var_bytes(
        take(crdt::diff_update(update, take(crdt::StateVector::decode(in.read_var_bytes())))));
  };
  operations[39] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(take(crdt::state_vector_of_update(in.read_var_bytes())).encode());
  };
  operations[40] = [](lib0::Reader& in, lib0::Writer& out) {
    const std::vector<crdt::ClientSpan> spans = take(crdt::read_update_meta(in.read_var_bytes()));
    out.write_var_uint(spans.size());
    for (const crdt::ClientSpan& span : spans) {
      out.write_var_uint(crdt::value_of(span.client));
      out.write_var_uint(span.from);
      out.write_var_uint(span.to);
    }
  };
}

void add_position_operations(Operations& operations) {
  operations[41] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(crdt::encode_snapshot(take(crdt::snapshot_of_update(in.read_var_bytes()))));
  };
  operations[42] = [](lib0::Reader& in, lib0::Writer& out) {
    const bool is_v2 = in.read_u8() == 2;
    const BytesView bytes = in.read_var_bytes();
    const crdt::Snapshot snapshot =
        take(is_v2 ? crdt::decode_snapshot_v2(bytes) : crdt::decode_snapshot(bytes));
    out.write_var_bytes(crdt::encode_snapshot(snapshot));
    out.write_var_bytes(crdt::encode_snapshot_v2(snapshot));
  };
  operations[43] = [](lib0::Reader& in, lib0::Writer& out) {
    const auto position = take(crdt::decode_relative_position(in.read_var_bytes()));
    out.write_var_bytes(crdt::encode_relative_position(position));
    out.write_var_string(crdt::relative_position_to_json(position));
  };
  operations[44] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(
        crdt::encode_relative_position(take(crdt::relative_position_from_json(in.read_var_string()))));
  };
}

}  // namespace

void add_format_operations(Operations& operations) {
  add_json_operations(operations);
  add_update_operations(operations);
  add_position_operations(operations);
}

}  // namespace canvas::oracle
