#include "lib0/any.h"

#include <array>

namespace canvas::lib0 {
namespace {

// A container whose values are still to come.
struct Open {
  std::uint64_t left;
  bool object;
};

}  // namespace

void skip_any(Reader& in) {
  std::array<Open, max_any_depth> open;
  std::size_t depth = 0;
  do {
    if (depth > 0) {
      Open& innermost = open[depth - 1];
      if (innermost.left == 0) {
        --depth;
        continue;
      }
      --innermost.left;
      if (innermost.object) in.read_var_string();
    }
    const std::uint8_t tag = in.read_u8();
    if (in.failed()) return;
    switch (tag) {
      case 127:
      case 126:
      case 121:
      case 120: break;
      case 125: in.read_var_int(); break;
      case 124: in.read_bytes(4); break;
      case 123:
      case 122: in.read_bytes(8); break;
      case 119: in.read_var_string(); break;
      case 118:
      case 117:
        if (depth == max_any_depth) return in.fail("a value is nested too deeply");
        open[depth++] = {in.read_var_uint(), tag == 118};
        break;
      case 116: in.read_var_bytes(); break;
      default: return in.fail("a value has an unknown type");
    }
  } while (depth > 0 && !in.failed());
}

}  // namespace canvas::lib0
