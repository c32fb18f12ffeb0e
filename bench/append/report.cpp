#include "append/report.h"

#include <iomanip>
#include <sstream>

#include "append/parts.h"

namespace canvas::bench {
namespace {

// The numbers that both forms tell.
struct Figures {
  double offered_per_second;  // deliveries; 0 where it is as many as the server can
  double achieved_per_second;
  double acknowledged_per_second;
  double user_microseconds;  // of the server's CPU, for each delivery
  double system_microseconds;
  double generator_load;  // 1 is one core
  std::uint64_t lost;
  std::uint64_t unacknowledged;
};

double microseconds_for_each(double seconds, std::uint64_t count) {
  return count == 0 ? 0 : seconds * 1e6 / static_cast<double>(count);
}

Figures figures_of(const Run& run, const FanOut& result) {
  const Window& window = result.window;
  const bool is_closed_loop = run.scenario.outstanding_updates > 0;
  return {is_closed_loop ? 0 : run.scenario.updates_per_second * run.scenario.receivers_per_update(),
          static_cast<double>(window.deliveries) / window.seconds,
          static_cast<double>(window.acknowledgements) / window.seconds,
          microseconds_for_each(window.server.user_seconds, window.deliveries),
          microseconds_for_each(window.server.system_seconds, window.deliveries),
          window.generator_cpu_seconds / window.seconds,
          result.expected_deliveries - run.tally.measured_deliveries,
          result.expected_acknowledgements - run.tally.acknowledged};
}

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1024 * 1024);
}

void describe_latency(std::ostream& out, const char* name, const QuantileHistogram& latency) {
  out << ", " << name << ' ' << latency.quantile_milliseconds(0.5) << " / "
      << latency.quantile_milliseconds(0.99) << " / " << latency.max_milliseconds() << " ms";
}

}  // namespace

std::string describe(const Run& run, const FanOut& result) {
  const Figures figures = figures_of(run, result);
  const Tally& tally = run.tally;
  std::ostringstream out;
  out << std::fixed << std::setprecision(0) << run.scenario.documents << 'x'
      << run.scenario.clients_per_document << ": offered " << figures.offered_per_second << ", delivered "
      << figures.achieved_per_second << " updates/s; " << std::setprecision(2)
      << figures.user_microseconds + figures.system_microseconds << " us CPU each ("
      << figures.user_microseconds << " user, " << figures.system_microseconds << " system)";
  describe_latency(out, "p50 / p99 / max", tally.latency);
  if (result.expected_acknowledgements > 0) {
    out << ", " << std::setprecision(0) << figures.acknowledged_per_second << " saved/s"
        << std::setprecision(2);
    describe_latency(out, "after", tally.acknowledgement);
  }
  out << "; lost " << figures.lost << " of " << result.expected_deliveries << ", duplicates "
      << tally.duplicates << ", unacknowledged " << figures.unacknowledged << ", corrupt " << tally.corrupt
      << ", closed " << tally.closed_connections << "; server "
      << mebibytes(result.window.server.resident_bytes) << " MiB; generator " << std::setprecision(0)
      << figures.generator_load * 100 << " % of a core, p99 " << std::setprecision(2)
      << tally.send_lag.quantile_milliseconds(0.99) << " ms late";
  return out.str();
}

std::string to_json(const Run& run, const FanOut& result) {
  const Figures figures = figures_of(run, result);
  const Tally& tally = run.tally;
  return JsonObject()
      .add("documents", run.scenario.documents)
      .add("clients_per_document", run.scenario.clients_per_document)
      .add("offered_per_second", figures.offered_per_second)
      .add("achieved_per_second", figures.achieved_per_second)
      .add("cpu_us", figures.user_microseconds + figures.system_microseconds)
      .add("cpu_user_us", figures.user_microseconds)
      .add("cpu_system_us", figures.system_microseconds)
      .add_latency("latency", tally.latency)
      .add_latency("ack", tally.acknowledgement)
      .add("updates_sent", tally.updates_sent)
      .add("expected", result.expected_deliveries)
      .add("lost", figures.lost)
      .add("duplicates", tally.duplicates)
      .add("echoes", tally.echoes)
      .add("corrupt", tally.corrupt)
      .add("update_messages", tally.update_messages)
      .add("deliveries", tally.deliveries)
      .add("acks_expected", result.expected_acknowledgements)
      .add("acks_per_second", figures.acknowledged_per_second)
      .add("unacknowledged", figures.unacknowledged)
      .add("refused", tally.refused)
      .add("closed", tally.closed_connections)
      .add("server_cpu_seconds", result.window.server.cpu_seconds())
      .add("database_cpu_seconds", result.window.database.cpu_seconds())
      .add("server_rss_bytes", result.window.server.resident_bytes)
      .add("window_seconds", result.window.seconds)
      .add("window_deliveries", result.window.deliveries)
      .add("generator_load", figures.generator_load)
      .add_latency("send_lag", tally.send_lag)
      .finish();
}

std::string journal_json(const Run& run) {
  std::ostringstream acknowledged;
  for (const Run::Written& client : run.written) {
    acknowledged << (acknowledged.tellp() == 0 ? "[" : ",") << client.acknowledged;
  }
  return JsonObject()
      .add("name", run.name)
      .add("documents", run.scenario.documents)
      .add("first_client_id", run.client_id_base)
      .add("update_length", run.scenario.text_bytes)
      .add("sent", run.tally.updates_sent)
      .add<std::string_view>("acknowledged", acknowledged.str() + "]")
      .finish();
}

std::string describe(const IdleCost& cost) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << cost.connections
      << " connections opened: " << cost.opened_bytes / 1024 << " KiB each; " << cost.connections
      << " joined to documents: " << cost.joined_bytes / 1024 << " KiB each; server "
      << mebibytes(cost.resident_bytes) << " MiB";
  return out.str();
}

std::string to_json(const IdleCost& cost) {
  return JsonObject()
      .add("connections", cost.connections)
      .add("opened_bytes", cost.opened_bytes)
      .add("joined_bytes", cost.joined_bytes)
      .add("server_rss_bytes", cost.resident_bytes)
      .finish();
}

}  // namespace canvas::bench
