#include "log/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace canvas::log {

Result<Output> Output::open(const std::string& path) {
  // Not blocking only for the opening.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor < 0)
    return Error{Errc::io, "log file '" + path + "': " + std::generic_category().message(errno)};
  Output output(descriptor);
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0)
    return Error{Errc::io, "log file '" + path + "': " + std::generic_category().message(errno)};
  return output;
}

Output::Output(Output&& other) noexcept
    : descriptor_(other.descriptor_), owns_(std::exchange(other.owns_, false)), is_torn_(other.is_torn_) {}

Output& Output::operator=(Output&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(owns_, other.owns_);
  std::swap(is_torn_, other.is_torn_);
  return *this;
}

Output::~Output() {
  if (owns_) ::close(descriptor_);
}

bool Output::write(std::string_view line) {
  if (is_torn_ && !write_all("\n")) return false;
  return write_all(line);
}

bool Output::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      is_torn_ = !bytes.empty();
    } else if (written < 0 && errno == EAGAIN) {
      // Whoever shares the terminal has made it so.
      pollfd writable{descriptor_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Output::is_terminal() const {
  return ::isatty(descriptor_) == 1;
}

}  // namespace canvas::log
