#include "main/files.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

namespace canvas {
namespace {

Error failure(const std::string& name, std::string_view what) {
  return {Errc::io,
          name + " could not be " + std::string(what) + ": " + std::generic_category().message(errno)};
}

Result<Bytes> read_all(std::istream& in, const std::string& name, std::size_t max_bytes) {
  Bytes bytes;
  std::array<char, 65536> chunk{};
  while (in) {
    in.read(chunk.data(), chunk.size());
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + in.gcount());
    if (bytes.size() > max_bytes) {
      return Error{Errc::too_large, name + " is larger than " + std::to_string(max_bytes) + " bytes"};
    }
  }
  if (in.bad()) return failure(name, "read");
  return bytes;
}

Result<void> write_all(std::ostream& out, const std::string& name, BytesView bytes) {
  if (!out) return failure(name, "opened");
  const std::string_view text = as_text(bytes);
  out.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
  if (!out) return failure(name, "written");
  return {};
}

}  // namespace

Result<Bytes> read_file(const std::string& name, std::size_t max_bytes) {
  if (name == "-") return read_all(std::cin, "standard input", max_bytes);
  std::ifstream file(name, std::ios::binary);
  if (!file) return failure(name, "opened");
  return read_all(file, name, max_bytes);
}

Result<void> write_file(const std::string& name, BytesView bytes) {
  if (name == "-") return write_all(std::cout, "standard output", bytes);
  std::ofstream file(name, std::ios::binary);
  return write_all(file, name, bytes);
}

}  // namespace canvas
