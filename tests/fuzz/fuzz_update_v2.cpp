// Updates of format v2, and of format v1, converted into the other format and back.

#include "check.h"
#include "crdt/convert.h"
#include "crdt/update_meta.h"
#include "crdt/update_reader.h"
#include "crdt/update_v2_reader.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

// `v1` has passed check_update. Its v2 says the same; only the first time are values put into their normal
// form.
void check_round_trip(const Bytes& v1) {
  const Result<Bytes> v2 = convert_v1_to_v2(v1);
  if (!v2) {
    FUZZ_CHECK(v2.error().code == Errc::unsupported);
    return;
  }
  FUZZ_CHECK(check_update_v2(*v2).has_value());
  const Result<Bytes> normal = convert_v2_to_v1(*v2);
  FUZZ_CHECK(normal.has_value());
  FUZZ_CHECK(check_update(*normal).has_value());
  FUZZ_CHECK(read_update_meta(*normal).value() == read_update_meta(v1).value());
  const Result<Bytes> again = convert_v1_to_v2(*normal);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(convert_v2_to_v1(*again).value() == *normal);
}

void check_v2(BytesView update) {
  const Result<Bytes> v1 = convert_v2_to_v1(update);
  if (!v1) {
    FUZZ_CHECK(!check_update_v2(update) || v1.error().code == Errc::too_large);
    return;
  }
  FUZZ_CHECK(check_update_v2(update).has_value());
  FUZZ_CHECK(check_update(*v1).has_value());
  check_round_trip(*v1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  check_v2(input);
  FUZZ_CHECK(check_update(input).has_value() || !convert_v1_to_v2(input));
  if (check_update(input)) check_round_trip(to_bytes(input));
  return 0;
}
