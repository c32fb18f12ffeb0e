// What serve writes to its log, as what, and where.
#pragma once

#include <thread>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace canvas {

struct LogSettings {
  std::string level = "info";
  std::string format = "auto";
  std::string file{};  // empty: standard output

  // Sends the log there. Fails with Errc::invalid_use for what is no level or format, with Errc::io when the
  // file cannot be opened.
  Result<void> apply() const;
};

void declare_log_options(CLI::App& command, LogSettings& settings);

// While it lives SIGHUP opens the log file anew (log::reopen) and does nothing else; where the log goes to a
// terminal, SIGHUP says that it was closed, and is taken as SIGTERM. A reader of the log that goes away
// (SIGPIPE) does not end the process. To be made before any other thread: it blocks SIGHUP in the threads
// that come after it, and waits for it in one of its own.
class LogSignals {
public:
  explicit LogSignals(const LogSettings& settings);
  ~LogSignals();
  LogSignals(const LogSignals&) = delete;
  LogSignals& operator=(const LogSignals&) = delete;

private:
  std::jthread thread_;
};

}  // namespace canvas
