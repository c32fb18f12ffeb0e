#include "load/report.h"

#include <iomanip>
#include <sstream>

#include "load/json_object.h"

namespace canvas::load {
namespace {

constexpr double mebibyte = 1024 * 1024;

double per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

class Table {
public:
  Table() { out_ << std::fixed; }

  std::ostream& row(std::string_view title) {
    out_ << (is_empty_ ? "" : "\n") << std::left << std::setw(16) << title << std::right;
    is_empty_ = false;
    return out_;
  }
  void latency_row(std::string_view title, const QuantileHistogram& latency) {
    if (latency.count() == 0) return;
    row(title) << std::setprecision(1);
    for (const double fraction : {0.5, 0.9, 0.99, 0.999}) cell(latency.quantile_milliseconds(fraction));
    cell(latency.max_milliseconds());
    out_ << std::setw(12) << latency.count();
  }
  std::string finish() { return out_.str(); }

private:
  void cell(double value) { out_ << std::setw(10) << value; }

  std::ostringstream out_;
  bool is_empty_ = true;
};

void describe_server(Table& table, const RunResult& result) {
  if (!result.server) return;
  const Usage& usage = *result.server;
  const double cpu = usage.at_end.since(usage.at_begin).cpu_seconds();
  table.row("server") << std::setprecision(0) << "CPU " << 100 * cpu / std::max(result.window_seconds, 1e-9)
                      << " % of a core; memory " << std::setprecision(1)
                      << static_cast<double>(usage.before.resident_bytes) / mebibyte << " MiB before, "
                      << static_cast<double>(usage.peak_bytes) / mebibyte << " at most, "
                      << static_cast<double>(usage.after.resident_bytes) / mebibyte << " after";
}

std::string_view sentence(std::string_view pattern_fault) {
  return pattern_fault.empty() ? "nothing" : pattern_fault;
}

}  // namespace

std::string_view name_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::typing: return "typing";
    case Pattern::drag: return "drag";
    case Pattern::replace: return "replace";
    case Pattern::cursors: return "cursors";
    case Pattern::diagram: return "diagram";
    case Pattern::join_storm: return "join-storm";
    case Pattern::churn: return "churn";
    case Pattern::mixed: return "mixed";
  }
  return "";
}

std::string_view name_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::hocuspocus: return "hocuspocus";
    case Protocol::y_websocket: return "y-websocket";
    case Protocol::mixed: return "mixed";
  }
  return "";
}

std::string describe(const World& world, const RunResult& result) {
  const Plan& plan = world.plan;
  const Tally& tally = world.tally;
  const Losses& losses = result.losses;
  Table table;
  table.row("load") << plan.documents << " documents x " << plan.clients_per_document << " clients, "
                    << name_of(plan.protocol) << ", " << name_of(plan.pattern) << ", " << std::setprecision(0)
                    << plan.rate << "/s for " << result.window_seconds << " s";
  table.row("throughput") << tally.updates << " updates, " << std::setprecision(0)
                          << per_second(tally.measured_delivered, result.window_seconds) << " deliveries/s, "
                          << tally.acknowledged << " acknowledged, " << tally.cursors << " cursors";
  table.row("milliseconds") << "       p50       p90       p99     p99.9       max       count";
  table.latency_row("delivery", tally.delivery);
  table.latency_row("acknowledged", tally.acknowledgement);
  table.latency_row("cursor", tally.cursor);
  table.latency_row("join", tally.join);
  table.latency_row("own lateness", tally.send_lag);
  table.row("connections") << tally.connections << " let in, " << tally.dropped << " dropped on purpose, "
                           << tally.closed << " closed by the server, " << tally.reconnected << " came back, "
                           << tally.failed_connects << " attempts failed, " << tally.refused << " refused";
  if (tally.visits > 0) {
    table.row("visits") << tally.visits_done << " of " << tally.visits << " done, in " << result.rooms
                        << " rooms";
  }
  describe_server(table, result);
  table.row("lost") << losses.deliveries << " deliveries, " << losses.acknowledged
                    << " acknowledged updates, " << losses.unacknowledged << " never acknowledged, "
                    << losses.cursors << " cursors; " << losses.checked << " of "
                    << losses.checked + losses.unchecked << " documents checked with a fresh client";
  if (!losses.first.empty()) table.row("first lost") << losses.first;
  table.row("odd") << tally.duplicates << " duplicates, " << tally.corrupt << " corrupt, "
                   << tally.updates_refused << " updates refused, " << tally.updates_resent << " sent again, "
                   << tally.caught_up << " caught up on after a return";
  const std::string fault = fault_of(world, result);
  table.row("wrong") << sentence(fault);
  return table.finish();
}

std::string to_json(const World& world, const RunResult& result) {
  const Plan& plan = world.plan;
  const Tally& tally = world.tally;
  const Losses& losses = result.losses;
  JsonObject json;
  json.add("protocol", std::string(name_of(plan.protocol)))
      .add("pattern", std::string(name_of(plan.pattern)))
      .add("name", plan.name)
      .add("documents", plan.documents)
      .add("clients_per_document", plan.clients_per_document)
      .add("rate", plan.rate)
      .add("seed", plan.seed)
      .add("window_seconds", result.window_seconds)
      .add("updates", tally.updates)
      .add("updates_made_away", tally.updates_made_away)
      .add("updates_resent", tally.updates_resent)
      .add("updates_refused", tally.updates_refused)
      .add("deliveries", tally.delivered)
      .add("deliveries_per_second", per_second(tally.measured_delivered, result.window_seconds))
      .add("caught_up", tally.caught_up)
      .add("acknowledged", tally.acknowledged)
      .add("duplicates", tally.duplicates)
      .add("echoes", tally.echoes)
      .add("corrupt", tally.corrupt)
      .add("cursors", tally.cursors)
      .add("cursors_delivered", tally.cursors_delivered)
      .add("cursors_superseded", tally.cursors_superseded)
      .add_latency("delivery", tally.delivery)
      .add_latency("ack", tally.acknowledgement)
      .add_latency("cursor", tally.cursor)
      .add_latency("join", tally.join)
      .add_latency("send_lag", tally.send_lag)
      .add("connections", tally.connections)
      .add("dropped", tally.dropped)
      .add("closed", tally.closed)
      .add("reconnected", tally.reconnected)
      .add("failed_connects", tally.failed_connects)
      .add("refused", tally.refused)
      .add("visits", tally.visits)
      .add("visits_done", tally.visits_done)
      .add("rooms", result.rooms)
      .add("bytes_received", tally.bytes_received)
      .add("lost_deliveries", losses.deliveries)
      .add("lost_acknowledged", losses.acknowledged)
      .add("lost_deletions", losses.deletions)
      .add("first_lost", losses.first)
      .add("unacknowledged", losses.unacknowledged)
      .add("lost_cursors", losses.cursors)
      .add("absent", losses.absent)
      .add("not_made", losses.not_made)
      .add("documents_checked", losses.checked)
      .add("documents_unchecked", losses.unchecked)
      .add("generator_cpu_seconds", result.generator_cpu_seconds);
  if (result.server) {
    const Usage& usage = *result.server;
    json.add("server_cpu_seconds", usage.at_end.since(usage.at_begin).cpu_seconds())
        .add("server_rss_before_bytes", usage.before.resident_bytes)
        .add("server_rss_peak_bytes", usage.peak_bytes)
        .add("server_rss_after_bytes", usage.after.resident_bytes)
        .add("server_files_before", usage.before.open_files)
        .add("server_files_after", usage.after.open_files);
  }
  return json.add("fault", fault_of(world, result)).finish();
}

std::string fault_of(const World& world, const RunResult& result) {
  const Losses& losses = result.losses;
  std::string fault;
  const auto add = [&fault](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    if (!fault.empty()) fault += ", ";
    fault += std::to_string(count);
    fault += ' ';
    fault += what;
  };
  add(losses.acknowledged, "acknowledged updates are lost");
  add(losses.deletions, "acknowledged deletions are lost");
  add(losses.deliveries, "deliveries never came");
  add(losses.unacknowledged, "updates were never acknowledged");
  add(losses.cursors, "last cursors never came");
  add(losses.absent, "clients did not get back in");
  add(losses.not_made, "updates or visits could not be made at this rate");
  add(losses.unchecked, "documents could not be loaded");
  add(world.tally.corrupt, "messages were not understood");
  add(world.tally.updates_refused, "updates were refused");
  return fault;
}

}  // namespace canvas::load
