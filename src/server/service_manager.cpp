#include "server/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace canvas::server {
namespace {

constexpr int unset_environment = 1;
constexpr int keep_environment = 0;
// What libsystemd calls a socket without a name.
constexpr std::string_view unnamed = "unknown";

// What libsystemd has allocated.
template <class T>
using Allocated = std::unique_ptr<T, decltype(&std::free)>;

std::string reason_of(int negative_errno) {
  return std::strerror(-negative_errno);
}

Result<void> place(std::optional<int>& place, int descriptor, std::string_view name) {
  if (place) {
    return Error{Errc::invalid_use, "two sockets named \"" + std::string(name) +
                                        "\" were passed (LISTEN_FDS): pass one, with one ListenStream="};
  }
  place = descriptor;
  return {};
}

Result<PassedSockets> assign(std::span<const std::string> names) {
  PassedSockets sockets;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int descriptor = SD_LISTEN_FDS_START + static_cast<int>(i);
    std::string_view name = names[i];
    if (name.empty() || name == unnamed) name = i == 0 ? "main" : "health";
    if (name != "main" && name != "health") {
      return Error{Errc::invalid_use, "a socket named \"" + std::string(name) +
                                          "\" was passed (LISTEN_FDNAMES): name it main or health, with "
                                          "FileDescriptorName= in its .socket unit"};
    }
    std::optional<int>& where = name == "main" ? sockets.main : sockets.health;
    if (const Result<void> placed = place(where, descriptor, name); !placed) return placed.error();
  }
  return sockets;
}

void tell(const char* message) {
  const int sent = sd_notify(keep_environment, message);
  if (sent < 0) log::warning("service_manager.untold", {{"message", message}, {"reason", reason_of(sent)}});
}

}  // namespace

Result<PassedSockets> take_passed_sockets() {
  char** raw = nullptr;
  const int count = sd_listen_fds_with_names(unset_environment, &raw);
  if (count < 0) {
    return Error{Errc::invalid_use,
                 "LISTEN_FDS, LISTEN_PID or LISTEN_FDNAMES make no sense: " + reason_of(count)};
  }
  const Allocated<char*> list(raw, &std::free);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Allocated<char> name(raw[i], &std::free);
    names.emplace_back(name.get());
  }
  if (count > 2) {
    return Error{Errc::invalid_use, std::to_string(count) +
                                        " sockets were passed (LISTEN_FDS): pass one named main and, if at "
                                        "all, one named health"};
  }
  return assign(names);
}

void tell_ready() {
  tell("READY=1");
}

void tell_stopping() {
  tell("STOPPING=1");
}

void tell_status(const std::string& line) {
  tell(("STATUS=" + line).c_str());
}

void tell_alive() {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> alive_interval() {
  std::uint64_t longest = 0;
  const int wanted = sd_watchdog_enabled(keep_environment, &longest);
  if (wanted < 0) {
    log::warning("service_manager.no_watchdog",
                 {{"reason", "WATCHDOG_USEC or WATCHDOG_PID make no sense: " + reason_of(wanted)}});
  }
  if (wanted <= 0) return std::nullopt;
  return std::chrono::microseconds(longest / 2);
}

}  // namespace canvas::server
