// The files that a case works on.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::bench {

// Fails with Errc::io.
Result<Bytes> read_file(const std::string& path);
Result<bool> write_file(const std::string& path, BytesView bytes);

// A sequence of updates, each behind its length (varUint), as in bench/crdt/traces.
class Updates {
public:
  // The first `most` of the file. Fails with Errc::io, or Errc::malformed.
  static Result<Updates> read(const std::string& path, std::size_t most);

  const std::vector<BytesView>& list() const { return list_; }

private:
  Bytes bytes_;
  std::vector<BytesView> list_;  // into bytes_
};

}  // namespace canvas::bench
