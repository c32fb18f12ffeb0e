// How much of the heap this program holds. Every allocation of it and of the libraries that are linked into
// it is counted: operator new and malloc, each with what malloc really gave and its own eight bytes.
#pragma once

#include <cstddef>

namespace canvas::bench {

// Bytes allocated and not given back.
std::size_t held_bytes();

}  // namespace canvas::bench
