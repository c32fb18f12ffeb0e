// Awareness payloads: what is read comes back the same after it was written.

#include <algorithm>

#include "check.h"
#include "protocol/awareness.h"

namespace {

using canvas::protocol::AwarenessEntry;

bool is_equal(const AwarenessEntry& a, const AwarenessEntry& b) {
  return a.client == b.client && a.clock == b.clock && a.state == b.state && a.is_gone() == b.is_gone();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = canvas::protocol::read_awareness({data, size});
  if (!entries) return 0;
  const canvas::Bytes written = canvas::protocol::write_awareness(*entries);
  FUZZ_CHECK(written.size() <= size);
  const auto again = canvas::protocol::read_awareness(written);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(std::equal(entries->begin(), entries->end(), again->begin(), again->end(), is_equal));
  FUZZ_CHECK(canvas::protocol::write_awareness(*again) == written);
  return 0;
}
