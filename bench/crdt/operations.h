// What is measured, each as a piece of work that can be done again and again.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "append/parts.h"
#include "base/bytes.h"
#include "base/result.h"

namespace canvas::bench {

struct Request {
  std::string operation;
  std::string engine;
  std::string input;  // file
  std::string start;  // file of an update that the document has before; else it is empty
  std::string known;  // file of a state vector, for differences
  std::string root;   // name of the root map, for JSON
  std::size_t first = std::numeric_limits<std::size_t>::max();  // of a sequence of updates, only so many
};

struct Outcome {
  Nanoseconds spent = 0;
  std::optional<std::size_t> held_bytes;  // by the document, where there is one at the end
  Bytes result;  // update v1 (of `convert` v2), or JSON: what must be the same for all engines
};

using Work = std::function<Result<Outcome>()>;

// Reads the files of the request. Fails with Errc::io, Errc::malformed, or Errc::invalid_use on an operation
// that there is not.
//   apply        all updates of `input`, one at a time, to `start`
//   load         `input`, an update, to an empty document
//   encode       all of the document `input`
//   difference   what a replica with `known` lacks of the document `input`
//   merge        the updates of `input`, without a document
//   diff         what a replica with `known` lacks of the update `input`, without a document
//   convert      the update `input` into format v2, without a document
//   json         of the document `input`, the map `root`
Result<Work> prepare(const Request& request);

}  // namespace canvas::bench
