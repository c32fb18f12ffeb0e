#include "store/store.h"

namespace canvas::store {

std::size_t StoredDocument::log_bytes() const {
  std::size_t bytes = 0;
  for (const Bytes& update : updates) bytes += update.size();
  return bytes;
}

}  // namespace canvas::store
