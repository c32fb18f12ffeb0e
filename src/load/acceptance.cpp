#include "load/acceptance.h"

#include <algorithm>
#include <cassert>
#include <iomanip>
#include <sstream>

#include "base/json_text.h"
#include "base/terminal_text.h"
#include "load/report.h"

namespace canvas::load {
namespace {

constexpr double latency_bound_ms = 200;
constexpr std::uint32_t team = 5;
constexpr std::uint32_t documents_of_many = 20;
constexpr std::uint32_t people_of_many = 6;  // in each: 120 connections
constexpr double visits = 1000;
constexpr double visits_per_second = 100;
constexpr double mebibyte = 1024 * 1024;
constexpr double growth_bound_mebibytes = 16;

enum StageNumber : std::size_t { diagram_stage, many_stage, churn_stage };

std::string number_text(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

Check check(std::string name, bool is_good, std::string found) {
  return {std::move(name), is_good ? Verdict::passed : Verdict::failed, std::move(found)};
}

Check did_not_run(std::string name, const Error& error) {
  return {std::move(name), Verdict::failed, printable(error.message)};
}

Check judge_latency(std::string name, const QuantileHistogram& latency) {
  if (latency.count() == 0) return check(std::move(name), false, "nothing arrived");
  const double p99 = latency.quantile_milliseconds(0.99);
  return check(std::move(name), p99 < latency_bound_ms,
               "p99 " + number_text(p99, 1) + " ms, at most " + number_text(latency.max_milliseconds(), 1) +
                   " ms, of " + std::to_string(latency.count()) + " (bound: p99 under 200 ms)");
}

void judge_diagram(const StageOutcome& outcome, std::vector<Check>& checks) {
  const std::string edits = "5 people on a diagram: edits";
  const std::string cursors = "5 people on a diagram: cursors";
  if (!outcome.result) {
    checks.push_back(did_not_run(edits, outcome.result.error()));
    checks.push_back(did_not_run(cursors, outcome.result.error()));
    return;
  }
  const Tally& tally = outcome.world->tally;
  checks.push_back(judge_latency(edits, tally.delivery));
  // What somebody fetched on the way back has no latency that counts.
  if (const std::uint64_t lost = tally.closed + tally.refused + tally.failed_connects; lost > 0) {
    checks.back() = check(edits, false,
                          std::to_string(lost) + " times somebody's connection was lost or refused (" +
                              printable(tally.last_failure) + ")");
  }
  checks.push_back(judge_latency(cursors, tally.cursor));
}

Check judge_many(const StageOutcome& outcome) {
  std::string name = "100+ connections at once";
  if (!outcome.result) return did_not_run(std::move(name), outcome.result.error());
  const Tally& tally = outcome.world->tally;
  const std::uint64_t failures = tally.closed + tally.refused + tally.failed_connects;
  const std::uint64_t expected = tally.updates * (people_of_many - 1);
  std::string found = std::to_string(outcome.world->plan.clients()) + " connected, " +
                      std::to_string(tally.delivered) + " of " + std::to_string(expected) +
                      " updates delivered, p99 " +
                      number_text(tally.delivery.quantile_milliseconds(0.99), 1) + " ms, " +
                      std::to_string(failures) + " connections failed";
  if (failures > 0) found += " (" + printable(tally.last_failure) + ")";
  return check(std::move(name), failures == 0 && tally.delivered == expected, std::move(found));
}

Check judge_churn(const StageOutcome& outcome) {
  std::string name = "1,000 people come, write and go";
  if (!outcome.result) return did_not_run(std::move(name), outcome.result.error());
  const Tally& tally = outcome.world->tally;
  const std::uint64_t failures = tally.closed + tally.refused + tally.failed_connects;
  std::string found = std::to_string(tally.visits_done) + " of " + std::to_string(tally.visits) +
                      " done in " + std::to_string(outcome.result->rooms) + " rooms, " +
                      std::to_string(failures) + " failures; in after " +
                      number_text(tally.join.quantile_milliseconds(0.5), 1) + " ms, p99 " +
                      number_text(tally.join.quantile_milliseconds(0.99), 1) + " ms";
  if (failures > 0) found += " (" + printable(tally.last_failure) + ")";
  const bool all_came = static_cast<double>(tally.visits_done) >= visits;
  return check(std::move(name), failures == 0 && all_came && tally.visits_done == tally.visits,
               std::move(found));
}

Check judge_memory(const StageOutcome& churn) {
  std::string name = "memory after 1,000 visits";
  if (!churn.result || !churn.result->server) {
    return {std::move(name), Verdict::not_measured,
            "the server's memory cannot be seen from here: name its process with --pid, or its page with "
            "--metrics"};
  }
  const Usage& usage = *churn.result->server;
  const double before = static_cast<double>(usage.before.resident_bytes) / mebibyte;
  const double after = static_cast<double>(usage.after.resident_bytes) / mebibyte;
  return check(std::move(name), after - before < growth_bound_mebibytes,
               number_text(before, 1) + " MiB before, " + number_text(after, 1) +
                   " MiB when all have gone (bound: 16 MiB more)");
}

Check judge_losses(const std::vector<StageOutcome>& outcomes) {
  std::string found;
  std::uint64_t updates = 0;
  std::uint64_t documents = 0;
  for (const StageOutcome& outcome : outcomes) {
    const std::string fault =
        outcome.result ? fault_of(*outcome.world, *outcome.result) : "a load did not run";
    if (!fault.empty()) found += (found.empty() ? "" : "; ") + fault;
    updates += outcome.world->tally.updates;
    if (outcome.result) documents += outcome.result->losses.checked;
  }
  const bool is_good = found.empty() && updates > 0;
  if (is_good) {
    found = std::to_string(updates) + " updates are all in the " + std::to_string(documents) +
            " documents, each loaded anew by a fresh client";
  }
  return check("nothing is lost", is_good, std::move(found));
}

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed: return "PASS";
    case Verdict::failed: return "FAIL";
    case Verdict::not_measured: return "not measured";
  }
  return "";
}

}  // namespace

std::vector<Stage> acceptance_stages(const Plan& base) {
  Plan diagram = base;
  diagram.pattern = Pattern::diagram;
  diagram.documents = 1;
  diagram.clients_per_document = team;
  diagram.rate = 50;
  diagram.diagram_bytes = 40u << 10;
  diagram.drops_per_second = 0;
  diagram.warm_up_seconds = 1;
  diagram.seconds = 10;
  Plan many = diagram;
  many.pattern = Pattern::typing;
  many.documents = documents_of_many;
  many.clients_per_document = people_of_many;
  many.rate = 240;
  Plan churn = diagram;
  churn.pattern = Pattern::churn;
  churn.documents = 1;
  churn.clients_per_document = 2;
  churn.rate = visits_per_second;
  churn.warm_up_seconds = 0;
  churn.seconds = visits / visits_per_second;
  return {{"a team on a diagram", diagram}, {"120 connections", many}, {"1,000 visits", churn}};
}

std::vector<Check> judge_acceptance(const std::vector<StageOutcome>& outcomes) {
  assert(outcomes.size() == 3);
  std::vector<Check> checks;
  judge_diagram(outcomes[diagram_stage], checks);
  checks.push_back(judge_many(outcomes[many_stage]));
  checks.push_back(judge_churn(outcomes[churn_stage]));
  checks.push_back(judge_memory(outcomes[churn_stage]));
  checks.push_back(judge_losses(outcomes));
  return checks;
}

std::string describe(const std::vector<Check>& checks) {
  std::ostringstream out;
  for (const Check& line : checks) {
    out << std::left << std::setw(14) << word_of(line.verdict) << std::setw(34) << line.name << line.found
        << '\n';
  }
  const auto count = [&checks](Verdict verdict) {
    return std::count_if(checks.begin(), checks.end(),
                         [verdict](const Check& line) { return line.verdict == verdict; });
  };
  out << (has_passed(checks) ? "PASSED: " : "FAILED: ") << count(Verdict::passed) << " passed, "
      << count(Verdict::failed) << " failed, " << count(Verdict::not_measured) << " not measured";
  return out.str();
}

std::string to_json(const std::vector<Check>& checks) {
  std::string json = "{\"passed\":";
  json += has_passed(checks) ? "true" : "false";
  json += ",\"checks\":[";
  for (const Check& line : checks) {
    if (&line != checks.data()) json += ',';
    json += "{\"name\":";
    append_json_string(json, line.name);
    json += ",\"verdict\":";
    append_json_string(json, word_of(line.verdict));
    json += ",\"found\":";
    append_json_string(json, line.found);
    json += '}';
  }
  return json + "]}";
}

bool has_passed(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check& line) { return line.verdict == Verdict::failed; });
}

}  // namespace canvas::load
