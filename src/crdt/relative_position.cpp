#include "crdt/relative_position.h"

#include <cassert>
#include <cmath>

#include "lib0/any.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

// What stands first in a position.
constexpr std::uint64_t kind_item = 0;
constexpr std::uint64_t kind_root = 1;
constexpr std::uint64_t kind_type = 2;

// Tags of Any (lib0/any.h).
constexpr std::uint8_t tag_null = 126;
constexpr std::uint8_t tag_string = 119;
constexpr std::uint8_t tag_object = 118;

void write_id(lib0::Writer& out, std::uint64_t kind, const Id& id) {
  out.write_var_uint(kind);
  out.write_var_uint(value_of(id.client));
  out.write_var_uint(id.clock);
}

Id read_id(lib0::Reader& in) {
  const ClientId client = read_client(in);
  return {client, in.read_var_uint()};
}

std::int64_t read_association(lib0::Reader& in) {
  const lib0::Reader::SignedInteger value = in.read_var_int();
  const auto magnitude = static_cast<std::int64_t>(value.magnitude);
  return value.negative ? -magnitude : magnitude;
}

void append_id(std::string& json, std::string_view key, const Id& id) {
  json.append(json.size() > 1 ? ",\"" : "\"").append(key).append("\":{\"client\":");
  json.append(std::to_string(value_of(id.client))).append(",\"clock\":");
  json.append(std::to_string(id.clock)).append("}");
}

// The readers of JSON below read it as Any.

bool take_null(lib0::Reader& in) {
  lib0::Reader ahead = in;
  if (ahead.read_u8() != tag_null) return false;
  in = ahead;
  return true;
}

// Calls `read(key)` for every key of an object; it reads the value.
template <class Read>
void read_object(lib0::Reader& in, Read&& read) {
  if (in.read_u8() != tag_object) return in.fail("a relative position is not what it should be: no object");
  const std::uint64_t count = in.read_var_uint();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) read(in.read_var_string());
}

std::int64_t read_integer(lib0::Reader& in) {
  const std::optional<double> value = lib0::read_any_number(in);
  if (!value || std::trunc(*value) != *value || std::abs(*value) > static_cast<double>(max_clock)) {
    in.fail("a relative position has a number that is no integer");
    return 0;
  }
  return static_cast<std::int64_t>(*value);
}

std::uint64_t read_natural(lib0::Reader& in) {
  const std::int64_t value = read_integer(in);
  if (value < 0) in.fail("a relative position has a negative client or clock");
  return in.failed() ? 0 : static_cast<std::uint64_t>(value);
}

std::optional<Id> read_json_id(lib0::Reader& in) {
  if (take_null(in)) return std::nullopt;
  std::optional<std::uint64_t> client;
  std::optional<std::uint64_t> clock;
  read_object(in, [&](std::string_view key) {
    if (key == "client") {
      client = read_natural(in);
    } else if (key == "clock") {
      clock = read_natural(in);
    } else {
      lib0::skip_any(in);
    }
  });
  if (!client || !clock) {
    in.fail("a relative position has an id without client or clock");
    return std::nullopt;
  }
  return Id{ClientId{*client}, *clock};
}

std::optional<std::string> read_json_name(lib0::Reader& in) {
  if (take_null(in)) return std::nullopt;
  if (in.read_u8() != tag_string) in.fail("a relative position has a name that is no string");
  return std::string(in.read_var_string());
}

bool is_somewhere(const RelativePosition& position) {
  return position.type || position.root_name || position.item;
}

}  // namespace

Bytes encode_relative_position(const RelativePosition& position) {
  assert(is_somewhere(position));
  lib0::Writer out;
  if (position.item) {
    write_id(out, kind_item, *position.item);
  } else if (position.root_name) {
    out.write_var_uint(kind_root);
    out.write_var_string(*position.root_name);
  } else {
    write_id(out, kind_type, *position.type);
  }
  const std::int64_t association = position.association;
  out.write_var_int(association < 0, static_cast<std::uint64_t>(std::abs(association)));
  return out.take();
}

Result<RelativePosition> decode_relative_position(BytesView bytes) {
  lib0::Reader in(bytes);
  RelativePosition position;
  switch (in.read_var_uint()) {
    case kind_item: position.item = read_id(in); break;
    case kind_root: position.root_name = std::string(in.read_var_string()); break;
    case kind_type: position.type = read_id(in); break;
    default: in.fail("a relative position is of an unknown kind");
  }
  if (!in.at_end()) position.association = read_association(in);
  if (in.failed()) return in.error();
  if (!in.at_end()) return malformed("bytes are left over behind a relative position");
  return position;
}

std::string relative_position_to_json(const RelativePosition& position) {
  std::string json = "{";
  if (position.type) append_id(json, "type", *position.type);
  if (position.root_name && !position.root_name->empty()) {
    json.append(json.size() > 1 ? ",\"tname\":" : "\"tname\":");
    lib0::append_json_text(json, *position.root_name);
  }
  if (position.item) append_id(json, "item", *position.item);
  json.append(json.size() > 1 ? ",\"assoc\":" : "\"assoc\":");
  return json.append(std::to_string(position.association)).append("}");
}

Result<RelativePosition> relative_position_from_json(std::string_view json) {
  lib0::Writer any;
  if (auto written = lib0::write_json_as_any(json, any); !written) return written.error();
  lib0::Reader in(any.bytes());
  RelativePosition position;
  read_object(in, [&](std::string_view key) {
    if (key == "type") {
      position.type = read_json_id(in);
    } else if (key == "item") {
      position.item = read_json_id(in);
    } else if (key == "tname") {
      position.root_name = read_json_name(in);
    } else if (key == "assoc" && !take_null(in)) {
      position.association = read_integer(in);
    } else if (key != "assoc") {
      lib0::skip_any(in);
    }
  });
  if (in.failed()) return in.error();
  if (!is_somewhere(position)) return malformed("a relative position is nowhere");
  return position;
}

}  // namespace canvas::crdt
