#include "log/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace canvas::log {
namespace {

bool is_regular_file(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<Output> Output::open(const std::string& path) {
  // Not blocking only for the opening.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor < 0)
    return Error{Errc::io, "log file '" + path + "': " + std::generic_category().message(errno)};
  Output output(descriptor, Ownership::owned);
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0)
    return Error{Errc::io, "log file '" + path + "': " + std::generic_category().message(errno)};
  return output;
}

Output::Output(Output&& other) noexcept
    : descriptor_(other.descriptor_),
      owns_(std::exchange(other.owns_, false)),
      is_file_(other.is_file_),
      is_torn_(other.is_torn_),
      is_stuck_(other.is_stuck_) {}

Output& Output::operator=(Output&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(owns_, other.owns_);
  std::swap(is_file_, other.is_file_);
  std::swap(is_torn_, other.is_torn_);
  std::swap(is_stuck_, other.is_stuck_);
  return *this;
}

Output::Output(int descriptor, Ownership ownership)
    : descriptor_(descriptor), owns_(ownership == Ownership::owned), is_file_(is_regular_file(descriptor)) {}

Output::~Output() {
  if (owns_) ::close(descriptor_);
}

bool Output::write(std::string_view line) {
  if (is_torn_ && !write_all("\n")) return false;
  return write_all(line);
}

bool Output::write_all(std::string_view bytes) {
  // What a pipe takes without blocking, when poll() says that it takes something (pipe(7), PIPE_BUF).
  constexpr std::size_t most_at_once = 4096;
  while (!bytes.empty()) {
    if (!is_file_ && !wait_for_reader()) return false;
    const ssize_t written =
        ::write(descriptor_, bytes.data(), is_file_ ? bytes.size() : std::min(bytes.size(), most_at_once));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      is_torn_ = !bytes.empty();
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    }
  }
  return true;
}

// A terminal that is held (Ctrl-S) or a pipe that nobody empties must not hold up the server. A file is
// always ready.
bool Output::wait_for_reader() {
  constexpr int patience_ms = 100;
  pollfd writable{descriptor_, POLLOUT, 0};
  int ready = -1;
  do {
    ready = ::poll(&writable, 1, is_stuck_ ? 0 : patience_ms);
  } while (ready < 0 && errno == EINTR);
  is_stuck_ = ready == 0;
  return ready != 0;
}

bool Output::is_terminal() const {
  return ::isatty(descriptor_) == 1;
}

}  // namespace canvas::log
