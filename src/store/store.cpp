#include "store/store.h"

namespace canvas::store {

std::string Damage::where() const {
  return row ? "log row " + std::to_string(*row) : "the state";
}

Compacted& Compacted::operator+=(const Compacted& later) {
  rows += later.rows;
  log_bytes += later.log_bytes;
  state_bytes = later.state_bytes;
  return *this;
}

std::size_t StoredDocument::log_bytes() const {
  std::size_t bytes = 0;
  for (const StoredUpdate& update : updates) bytes += update.bytes.size();
  return bytes;
}

}  // namespace canvas::store
