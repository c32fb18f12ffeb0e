// Inputs of a given size that would take a careless engine more than linear time.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace canvas::fuzz {

struct NastyInput {
  std::string_view name;
  // Updates in the order in which they come; about `n` blocks or deletions in all.
  std::vector<Bytes> (*make)(std::size_t n);
};

std::span<const NastyInput> nasty_inputs();

}  // namespace canvas::fuzz
