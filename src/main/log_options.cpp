#include "main/log_options.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "log/log.h"

namespace canvas {
namespace {

sigset_t hangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  return signals;
}

void answer_hangups(const std::stop_token& stop, bool ends) {
  const sigset_t signals = hangup();
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && !stop.stop_requested()) {
    // Once: the second one would end it without a goodbye.
    if (std::exchange(ends, false)) kill(getpid(), SIGTERM);
    log::reopen();
  }
}

// Not where somebody wants it to stay (nohup).
bool hangups_are_ignored() {
  struct sigaction action {};
  return sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Result<void> LogSettings::apply() const {
  const auto parsed_level = log::parse_level(level);
  if (!parsed_level) return Error{Errc::invalid_use, "--log-level: " + parsed_level.error().message};
  const auto parsed_format = log::parse_format(format);
  if (!parsed_format) return Error{Errc::invalid_use, "--log-format: " + parsed_format.error().message};
  if (const auto opened = log::open({*parsed_format, file}); !opened)
    return Error{opened.error().code, "--log-file: " + opened.error().message};
  log::set_level(*parsed_level);
  return {};
}

void declare_log_options(CLI::App& command, LogSettings& settings) {
  command.add_option("--log-level", settings.level, "Log from this on: debug, info, warn, error or off")
      ->envname("LOG_LEVEL")
      ->capture_default_str();
  command
      .add_option("--log-format", settings.format,
                  "json: an object a line; text: for people; auto: text on a terminal, else json")
      ->envname("WS_LOG_FORMAT")
      ->capture_default_str();
  command
      .add_option(
          "--log-file", settings.file,
          "Add the log to this file, which SIGHUP opens anew after it was renamed (logrotate). Default: "
          "standard output")
      ->envname("WS_LOG_FILE");
}

LogSignals::LogSignals(const LogSettings& settings) {
  const sigset_t signals = hangup();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const bool is_on_terminal = settings.file.empty() && isatty(STDOUT_FILENO) == 1;
  thread_ = std::jthread(answer_hangups, is_on_terminal && !hangups_are_ignored());
}

LogSignals::~LogSignals() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), SIGHUP);
}

}  // namespace canvas
