#include "main/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace canvas {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

Error failure(const std::string& name, std::string_view what) {
  return {Errc::io,
          name + " could not be " + std::string(what) + ": " + std::generic_category().message(errno)};
}

Result<Bytes> read_all(std::FILE* file, const std::string& name, std::size_t max_bytes) {
  Bytes bytes;
  std::array<std::uint8_t, 65536> chunk;
  for (;;) {
    const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file);
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
    if (bytes.size() > max_bytes) {
      return Error{Errc::too_large, name + " is larger than " + std::to_string(max_bytes) + " bytes"};
    }
    if (std::ferror(file) != 0) return failure(name, "read");
    if (count == 0) return bytes;
  }
}

}  // namespace

Result<Bytes> read_file(const std::string& name, std::size_t max_bytes) {
  if (name == "-") return read_all(stdin, "standard input", max_bytes);
  const File file(std::fopen(name.c_str(), "rb"));
  if (!file) return failure(name, "opened");
  return read_all(file.get(), name, max_bytes);
}

Result<void> write_file(const std::string& name, BytesView bytes) {
  if (name == "-") {
    const bool is_written =
        std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() && std::fflush(stdout) == 0;
    if (!is_written) return failure("standard output", "written");
    return {};
  }
  File file(std::fopen(name.c_str(), "wb"));
  if (!file) return failure(name, "opened");
  const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  if (std::fclose(file.release()) != 0 || !is_written) return failure(name, "written");
  return {};
}

}  // namespace canvas
