// Results, for people and for programs.
#pragma once

#include <string>
#include <string_view>

#include "load/run.h"

namespace canvas::load {

// A table of several lines.
std::string describe(const World& world, const RunResult& result);
// One JSON object, without a newline at its end. Times are in milliseconds.
std::string to_json(const World& world, const RunResult& result);

// Why the run shows that something is wrong, in words; empty when nothing is. Something acknowledged that is
// lost, a delivery that never came, or clients that did not come back.
std::string fault_of(const World& world, const RunResult& result);

std::string_view name_of(Pattern pattern);
std::string_view name_of(Protocol protocol);

}  // namespace canvas::load
