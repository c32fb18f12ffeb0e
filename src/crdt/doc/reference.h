// Clients and names as numbers of one document.
#pragma once

#include <cstdint>

#include "crdt/id.h"

namespace canvas::crdt {

// Given out in the order in which the document met them.
using ClientIndex = std::uint32_t;
using NameIndex = std::uint32_t;

// An element, by its client's number.
struct Reference {
  ClientIndex client;
  Clock clock;
  friend bool operator==(const Reference&, const Reference&) = default;
};

}  // namespace canvas::crdt
