// What the server counts, for Prometheus. No names of documents or users. docs/metrics.md says what each is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include "base/histogram.h"
#include "base/result.h"
#include "net/shard.h"
#include "net/websocket.h"
#include "room/registry.h"
#include "server/process_usage.h"
#include "store/store.h"

namespace canvas::server {

// What is read off when somebody asks.
struct Observed {
  std::size_t unhealthiness = 0;  // 0 healthy, 1 degraded, 2 unhealthy
  double uptime_seconds = 0;
  std::size_t hocuspocus_connections = 0;
  std::size_t y_websocket_connections = 0;
  std::size_t silent_connections = 0;  // that have said nothing, so their protocol is not known
  std::size_t paused_connections = 0;
  std::size_t members = 0;       // documents that are open, each of each connection
  std::size_t slow_members = 0;  // that do not get all updates now
  std::size_t socket_backlog_bytes = 0;
  std::size_t largest_socket_backlog_bytes = 0;
  std::size_t rooms_with_loading = 0;
  room::ReadOnlyRooms read_only_rooms{};
  std::vector<room::RoomMemory> largest_rooms{};
  room::Tally tally{};
  net::Traffic traffic{};
  Histogram loop_lag{latency_bounds};
  store::Health database{true, ""};
  store::Statistics store{};
  std::size_t backlog_bytes = 0;
  std::size_t max_backlog_bytes = 0;
  std::optional<ProcessUsage> process{};  // none: it cannot be measured here
};

// What happens to every message is counted in plain numbers of the shard's thread; what is rare, and has a
// reason, by prometheus-cpp. On the shard's thread.
class Metrics {
public:
  // `limits` are shown as they are set (limit_values).
  explicit Metrics(const std::vector<std::pair<std::string_view, double>>& limits);

  void connected() { ++counts_.connected; }
  // By us, with this close code.
  void closed(std::uint16_t code);
  void accepted() { ++counts_.accepted; }
  void refused(Errc reason);
  void revoked(Errc reason);
  void access_changed() { ++counts_.access_changed; }
  void limit_hit(std::string_view limit, std::uint64_t times = 1);
  void malformed() { ++counts_.malformed; }
  void gatekeeper_failed() { ++counts_.gatekeeper_failures; }
  void update_received() { ++counts_.updates; }
  void awareness_received() { ++counts_.awareness; }
  void awareness_coalesced() { ++counts_.awareness_coalesced; }
  void paused() { ++counts_.pauses; }

  // What was queued has been handed to the system just now, and these are the messages that caused it: one
  // sample a turn of the loop, of the message that has waited longest. Where no socket took anything of it
  // the sample goes on to the next time that one does.
  void flushed(const room::Tally::Oldest& oldest);

  // In the text format of Prometheus. O(what there is to show).
  std::string text(const Observed& now) const;

private:
  using Counters = prometheus::Family<prometheus::Counter>;

  struct Counts {
    std::uint64_t connected = 0;
    std::uint64_t accepted = 0;
    std::uint64_t access_changed = 0;
    std::uint64_t malformed = 0;
    std::uint64_t gatekeeper_failures = 0;
    std::uint64_t updates = 0;
    std::uint64_t awareness = 0;
    std::uint64_t awareness_coalesced = 0;
    std::uint64_t pauses = 0;
  };

  Counters& family(const char* name, const char* help);

  prometheus::Registry registry_;
  Counters& closed_;
  Counters& refused_;
  Counters& revoked_;
  Counters& limit_hits_;
  Counts counts_;
  Histogram broadcasts_{latency_bounds};
  Histogram acknowledgments_{latency_bounds};
};

}  // namespace canvas::server
