// Letters as JavaScript makes them small.
#pragma once

#include <string>
#include <string_view>

namespace canvas::crdt {

// What `toLowerCase` gives for valid UTF-8 (Unicode 15; toLocaleLowerCase where the language has no rules of
// its own). Linear.
std::string to_lower_case(std::string_view text);

}  // namespace canvas::crdt
