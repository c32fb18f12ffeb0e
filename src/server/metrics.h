// What the server counts, for Prometheus. No names of documents or users.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "base/result.h"

namespace canvas::server {

class Metrics {
public:
  // `limits` are shown as they are set (limit_values).
  explicit Metrics(const std::vector<std::pair<std::string_view, double>>& limits);

  void accepted() { accepted_.Increment(); }
  void refused(Errc reason);
  void revoked(Errc reason);
  void access_changed() { access_changed_.Increment(); }
  void limit_hit(std::string_view limit, std::uint64_t times = 1);
  void malformed() { malformed_.Increment(); }
  void gatekeeper_failed() { gatekeeper_failures_.Increment(); }
  void update_received() { updates_.Increment(); }
  void awareness_received() { awareness_.Increment(); }
  void awareness_coalesced() { awareness_coalesced_.Increment(); }
  void paused() { pauses_.Increment(); }

  struct Now {
    std::size_t connections;
    std::size_t paused_connections;
    std::size_t documents;  // open, each of each connection
    std::size_t rooms;
    std::size_t read_only_rooms;
    std::size_t backlog_bytes;
  };
  // In the text format of Prometheus.
  std::string text(const Now& now);

private:
  using Counters = prometheus::Family<prometheus::Counter>;

  Counters& family(const char* name, const char* help);
  prometheus::Counter& counter(const char* name, const char* help) { return family(name, help).Add({}); }
  prometheus::Gauge& gauge(const char* name, const char* help);

  prometheus::Registry registry_;
  prometheus::Counter& accepted_;
  Counters& refused_;
  Counters& revoked_;
  prometheus::Counter& access_changed_;
  Counters& limit_hits_;
  prometheus::Counter& malformed_;
  prometheus::Counter& gatekeeper_failures_;
  prometheus::Counter& updates_;
  prometheus::Counter& awareness_;
  prometheus::Counter& awareness_coalesced_;
  prometheus::Counter& pauses_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& paused_connections_;
  prometheus::Gauge& documents_;
  prometheus::Gauge& rooms_;
  prometheus::Gauge& read_only_rooms_;
  prometheus::Gauge& backlog_bytes_;
};

}  // namespace canvas::server
