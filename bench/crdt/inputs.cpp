#include "crdt/inputs.h"

#include <fstream>
#include <iterator>

#include "lib0/reader.h"

namespace canvas::bench {

Result<Bytes> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Error{Errc::io, "cannot read " + path};
  return bytes;
}

Result<bool> write_file(const std::string& path, BytesView bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Error{Errc::io, "cannot write " + path};
  return true;
}

Result<Updates> Updates::read(const std::string& path, std::size_t most) {
  Result<Bytes> bytes = read_file(path);
  if (!bytes) return bytes.error();
  Updates updates;
  updates.bytes_ = std::move(*bytes);
  lib0::Reader in(updates.bytes_);
  while (in.remaining() > 0 && updates.list_.size() < most) updates.list_.push_back(in.read_var_bytes());
  if (in.failed()) return in.error();
  return updates;
}

}  // namespace canvas::bench
