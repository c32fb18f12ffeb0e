// bench_crdt: measures the engine, one case a process (bench/README.md). Each line on standard input is a
// run; each run prints a line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "append/parts.h"
#include "crdt/inputs.h"
#include "crdt/operations.h"

namespace canvas::bench {
namespace {

// What is short is done several times a run, and its median told.
constexpr Nanoseconds least_of_a_run = second / 10;
constexpr std::size_t most_of_a_run = 15;

struct Options {
  Request request;
  std::string result_file;
  bool once = false;
};

Result<Outcome> run(const Work& work, bool once) {
  std::vector<Nanoseconds> spent;
  Nanoseconds in_all = 0;
  for (;;) {
    Result<Outcome> outcome = work();
    if (!outcome) return outcome;
    spent.push_back(outcome->spent);
    in_all += outcome->spent;
    if (!once && in_all < least_of_a_run && spent.size() < most_of_a_run) continue;
    const auto middle = spent.begin() + static_cast<std::ptrdiff_t>(spent.size() / 2);
    std::nth_element(spent.begin(), middle, spent.end());
    outcome->spent = *middle;
    return outcome;
  }
}

std::string line(const Outcome& outcome) {
  JsonObject object;
  object.add("ms", static_cast<double>(outcome.spent) / 1e6).add("result_bytes", outcome.result.size());
  if (outcome.held_bytes) object.add("held_bytes", *outcome.held_bytes);
  return object.finish();
}

Result<bool> run_for_each_line(Options& options) {
  const Result<Work> work = prepare(options.request);
  if (!work) return work.error();
  for (std::string asked; std::getline(std::cin, asked);) {
    const Result<Outcome> outcome = run(*work, options.once);
    if (!outcome) return outcome.error();
    if (!options.result_file.empty()) {
      Result<bool> written = write_file(std::exchange(options.result_file, {}), outcome->result);
      if (!written) return written;
    }
    std::puts(line(*outcome).c_str());
    std::fflush(stdout);
  }
  return true;
}

}  // namespace
}  // namespace canvas::bench

int main(int argc, char** argv) {
  using namespace canvas::bench;
  CLI::App app(
      "Measures the engine. Runs once for each line on standard input, and prints a line of JSON each.",
      "bench_crdt");
  Options options;
  Request& request = options.request;
  app.add_option("operation", request.operation,
                 "apply, load, encode, difference, merge, diff, convert or json")
      ->required();
  app.add_option("--engine", request.engine, "store or doc")->required();
  app.add_option("--input", request.input, "File of an update, or of a sequence of updates")->required();
  app.add_option("--start", request.start, "File of an update that the document has before");
  app.add_option("--known", request.known, "File of a state vector");
  app.add_option("--root", request.root, "Name of the map to read");
  app.add_option("--first", request.first, "Only so many of the updates");
  app.add_option("--result", options.result_file, "Where the result of the first run is written to");
  app.add_flag("--once", options.once,
               "Do the work once a run; else what is short is done again and its median told");
  CLI11_PARSE(app, argc, argv);
  const canvas::Result<bool> ended = run_for_each_line(options);
  if (!ended) std::fprintf(stderr, "bench_crdt: %s\n", ended.error().message.c_str());
  return ended ? 0 : 1;
}
