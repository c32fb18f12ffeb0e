// The two kinds of document of the engine, as one.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/state_vector.h"

namespace canvas::bench {

// Owned by one thread.
class Document {
public:
  virtual ~Document() = default;

  // Takes an update in format v1. Fails as the engine does.
  virtual Result<bool> apply(BytesView update) = 0;
  // What a replica with `known` lacks, in format v1, made anew each time.
  virtual Bytes encode_difference(const crdt::StateVector& known) const = 0;
  // What the root map `name` holds, as JSON. Fails with Errc::unsupported where the content has no order.
  virtual Result<std::string> map_json(const std::string& name) const = 0;
};

// `engine` is "store" or "doc". Fails with Errc::invalid_use on another.
Result<std::unique_ptr<Document>> make_document(const std::string& engine);

}  // namespace canvas::bench
