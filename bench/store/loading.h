// How long it takes until a document that is stored can be joined.
#pragma once

#include <string>
#include <vector>

#include "append/parts.h"
#include "store/store.h"

namespace canvas::bench {

struct Filled {
  std::string document;
  std::size_t state_bytes;
  std::size_t log_rows;
};

// Makes a new document: a state of at least `state_bytes`, by several authors, and a log of `log_rows`.
Result<Filled> fill(store::Store& store, std::size_t state_bytes, std::size_t log_rows);

struct Loading {
  double read_milliseconds;   // until the store has given it
  double build_milliseconds;  // until its blocks are in memory
  std::size_t state_bytes;
  std::size_t log_rows;
  std::size_t blocks;
};

// Loads a document as the server does when somebody joins it.
Result<Loading> measure_loading(store::Store& store, const std::string& document);

}  // namespace canvas::bench
