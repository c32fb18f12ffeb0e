// Formats, without a document. V1 and V2 are updates of that format, V a u8 that says which an argument is (1
// or 2):
//
//   32 any_to_json ANY                   whether there is any (u8), text
//   33 json_to_any TEXT                  bytes
//   34 normalize_json TEXT               text

#include "base/json_text.h"
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

}  // namespace

void add_format_operations(Operations& operations) {
  add_json_operations(operations);
}

}  // namespace canvas::oracle
