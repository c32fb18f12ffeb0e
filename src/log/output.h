// Where the lines of the log go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas::log {

// Standard output, or a file that lines are added to. Each line is handed to the system at once: what has
// been written is there for others, also when this process is killed. Not for two threads at the same time.
class Output {
public:
  // Standard output, which it does not own.
  Output() : Output(1, Ownership::borrowed) {}
  // Creates the file if it is not there, for its owner and to be read by the group (0640). Fails with
  // Errc::io. Never waits, also not for the reader of a pipe.
  static Result<Output> open(const std::string& path);

  Output(Output&& other) noexcept;
  Output& operator=(Output&& other) noexcept;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  // `line` ends in a line feed. False when the system did not take all of it (a disk that is full, a reader
  // that has gone, or does not read): it is lost, and the next line begins on a line of its own. Waits for a
  // reader a tenth of a second, once.
  [[nodiscard]] bool write(std::string_view line);

  bool is_terminal() const;

private:
  enum class Ownership { owned, borrowed };
  Output(int descriptor, Ownership ownership);

  bool write_all(std::string_view bytes);
  bool wait_for_reader();

  int descriptor_;
  bool owns_;
  bool is_file_;           // which is always ready, and takes a line whole
  bool is_torn_ = false;   // it ends in the middle of a line
  bool is_stuck_ = false;  // its reader was waited for in vain
};

}  // namespace canvas::log
