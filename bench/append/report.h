// Results, for people and for programs.
#pragma once

#include <string>

#include "append/measure.h"

namespace canvas::bench {

// One line, without a newline at its end; `describe` for people, `to_json` one JSON object. Times are in
// milliseconds, CPU in microseconds for each delivery.
std::string describe(const Run& run, const FanOut& result);
std::string to_json(const Run& run, const FanOut& result);
// What was written and acknowledged: client number c, whose Yjs id is first_client_id + c, wrote to document
// NAME-(c % documents), and of what it wrote the first acknowledged[c] updates of update_length clocks each
// were acknowledged.
std::string journal_json(const Run& run);
std::string describe(const IdleCost& cost);
std::string to_json(const IdleCost& cost);

}  // namespace canvas::bench
