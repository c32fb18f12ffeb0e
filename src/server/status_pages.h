// What the server says of itself over HTTP.
#pragma once

#include "net/http.h"
#include "server/client.h"
#include "server/health.h"
#include "server/metrics.h"
#include "store/store.h"

namespace canvas::server {

// Who asks: the names of hosts, documents and roles are for who is on this machine.
enum class Asker { here, elsewhere };
Asker asker_of(const net::HttpRequest& request);

// On the shard's thread. Each answer is made when it is asked for: metrics() and rooms() are
// O(clients + rooms), the others, which anybody may ask for, O(1).
class StatusPages {
public:
  StatusPages(const ClientSurroundings& surroundings, const store::Store& store, const net::Shard& shard);

  // How the server is (server/health.h), as a JSON object; 503 when it is unhealthy.
  net::HttpResponse health(Asker asker) const;
  // 200: the loop turns, or there would be no answer.
  net::HttpResponse alive() const;
  // Whether clients should be sent here: 503 while the server goes down.
  net::HttpResponse ready() const;
  // All that is counted, as Prometheus reads it.
  net::HttpResponse metrics() const;
  // The documents that are in memory, as JSON; for who is on this machine.
  net::HttpResponse rooms(Asker asker) const;

private:
  Assessment assess_now(const store::Health& database) const;
  Observed observe() const;
  std::chrono::seconds uptime() const;

  const ClientSurroundings& surroundings_;
  const store::Store& store_;
  const net::Shard& shard_;
  const net::Time started_;
};

}  // namespace canvas::server
