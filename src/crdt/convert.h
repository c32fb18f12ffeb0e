// Updates from one format into the other, without a document.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::crdt {

// What Yjs's convertUpdateFormatV1ToV2 and V2ToV1 give, byte for byte, of an update that Yjs wrote. JSON
// comes out normalized; the flag that a block is an entry of a map goes where its neighbours tell it; an
// object of v2 in a place that is JSON in v1 becomes it (lib0/any_json.h). Any values are copied: Yjs would
// write them anew, which changes only what lib0's own writer never writes.
//
// Both refuse what check_update and check_update_v2 refuse, with Errc::malformed. Linear, but for objects in
// JSON whose keys are out of order.

// Fails with Errc::unsupported too, on clocks that v2 cannot say: some that are 2^52 or more apart.
Result<Bytes> convert_v1_to_v2(BytesView update);

// The result can be larger than the update by what its runs stand for (update_v2_reader.h bounds them). Fails
// with Errc::too_large past max_converted_bytes.
Result<Bytes> convert_v2_to_v1(BytesView update);

inline constexpr std::size_t max_converted_bytes = 256u << 20;

}  // namespace canvas::crdt
