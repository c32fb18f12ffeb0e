// Who has started this process and watches over it: systemd, or whoever speaks as it does (sd_listen_fds(3),
// sd_notify(3)).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"

namespace canvas::server {

// Descriptors of sockets that were opened for us. Whoever takes them owns them.
struct PassedSockets {
  std::optional<int> main;
  std::optional<int> health;
};

// Takes what LISTEN_FDS announces, once: the variables are gone afterwards, so that no child takes it for its
// own. Sockets are told apart by their names, `main` and `health`; without names the first is main and the
// second health. Fails with Errc::invalid_use for any other name, for two of one name and for more than two.
Result<PassedSockets> take_passed_sockets();

// The rest is told it where NOTIFY_SOCKET says that it listens; else nothing happens. Any thread. What cannot
// be sent is logged: the service goes on without.

// The ports are open.
void tell_ready();
// The way down has begun.
void tell_stopping();
// One line for people.
void tell_status(const std::string& line);
// The event loop still turns.
void tell_alive();

// So often tell_alive() is to be called, half of WATCHDOG_USEC; none: nobody waits for it.
std::optional<std::chrono::microseconds> alive_interval();

}  // namespace canvas::server
