// How a server's CPU and memory are seen, if they can be.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "load/process.h"
#include "load/target.h"

namespace canvas::load {

// A process of this machine, or a page of Prometheus metrics with the usual process_* lines.
struct ServerProbe {
  pid_t pid = 0;                  // 0: none
  std::optional<Target> metrics;  // `path` is that of the page

  bool can_see() const { return pid != 0 || metrics.has_value(); }
  // Blocks while it reads a page, for two seconds at most. Fails with Errc::not_found when there is no such
  // process, with Errc::unavailable when there is no such page, with Errc::unsupported when the page says
  // nothing of memory.
  Result<ProcessUsage> read() const;
};

// Reads http://HOST[:PORT]/PATH. Fails with Errc::invalid_use.
Result<Target> parse_metrics_url(std::string_view url);

// What a page of metrics says of its process. Fails with Errc::unsupported when the memory is not in it.
Result<ProcessUsage> usage_in(std::string_view page);

}  // namespace canvas::load
