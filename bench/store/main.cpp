// bench_store: measures the store alone, without a server (bench/README.md).
#include <CLI/CLI.hpp>
#include <cstdio>

#include "append/parts.h"
#include "crdt/merge.h"
#include "log/log.h"
#include "store/append.h"
#include "store/database.h"
#include "store/loading.h"

namespace canvas::bench {
namespace {

struct Options {
  std::string database;
  AppendPlan plan;
  std::size_t state_bytes = 2'000'000;
  std::size_t log_rows = 1000;
  std::string document;
  std::uint32_t repeat = 1;
};

using Command = Result<std::string> (*)(store::Store&, const Options&);

Result<std::string> append(store::Store& store, const Options& options) {
  const Result<AppendResult> result = measure_append(store, options.plan);
  if (!result) return result.error();
  const auto updates = static_cast<double>(result->updates);
  return JsonObject()
      .add("rooms", options.plan.rooms)
      .add("offered_per_second", options.plan.updates_per_second)
      .add("updates_per_second", updates / result->seconds)
      .add_latency("ack", result->acknowledgement)
      .add("mean_group", updates / static_cast<double>(std::max<std::uint64_t>(result->groups, 1)))
      .add("largest_group", result->largest_group)
      .add("groups_per_second", static_cast<double>(result->groups) / result->seconds)
      .add("mean_bytes", static_cast<double>(result->bytes) / std::max(updates, 1.0))
      .add("compactions", result->compactions)
      .add("failed_compactions", result->failed_compactions)
      .add("own_load", result->own_cpu_seconds / result->seconds)
      .add("database_load", result->database_cpu_seconds / result->seconds)
      .finish();
}

Result<std::string> fill_document(store::Store& store, const Options& options) {
  const Result<Filled> filled = fill(store, options.state_bytes, options.log_rows);
  if (!filled) return filled.error();
  return JsonObject()
      .add("document", filled->document)
      .add("state_bytes", filled->state_bytes)
      .add("log_rows", filled->log_rows)
      .finish();
}

Result<std::string> load(store::Store& store, const Options& options) {
  std::string lines;
  for (std::uint32_t i = 0; i < options.repeat; ++i) {
    const Result<Loading> loading = measure_loading(store, options.document);
    if (!loading) return loading.error();
    lines += (i == 0 ? "" : "\n") + JsonObject()
                                        .add("read_ms", loading->read_milliseconds)
                                        .add("build_ms", loading->build_milliseconds)
                                        .add("state_bytes", loading->state_bytes)
                                        .add("log_rows", loading->log_rows)
                                        .add("blocks", loading->blocks)
                                        .finish();
  }
  return lines;
}

Result<std::string> run(const Options& options, Command command) {
  const Result<db::Database> database = db::parse_database(options.database);
  if (!database) return database.error();
  Result<std::unique_ptr<store::Store>> store = store::open_store(*database, {}, crdt::merge_updates);
  if (!store) return store.error();
  return command(**store, options);
}

void declare_append(CLI::App& app, AppendPlan& plan) {
  app.add_option("--rooms", plan.rooms)->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--rate", plan.updates_per_second, "Updates a second; else as many as the store takes")
      ->check(CLI::PositiveNumber);
  app.add_option("--outstanding", plan.outstanding_updates,
                 "Without --rate: so many at most are not durable yet")
      ->check(CLI::Range(64, 10'000'000))
      ->capture_default_str();
  app.add_option("--warm-up", plan.warm_up_seconds)->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--duration", plan.seconds, "Seconds of the measured window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--compact", plan.compact_rows,
                 "Compact a room after so many updates, as the server does (4096)");
  app.add_option("--database-pid", plan.database, "Process of the database, to measure its CPU");
}

int finish(const Result<std::string>& line) {
  if (!line) {
    std::fprintf(stderr, "bench_store: %s\n", line.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", line->c_str());
  return 0;
}

}  // namespace
}  // namespace canvas::bench

int main(int argc, char** argv) {
  using namespace canvas::bench;
  CLI::App app("Measures the store alone, without a server. Prints JSON.", "bench_store");
  Options options;
  app.add_option("--database", options.database, "As `canvas-ws serve --database`; its tables are there")
      ->required();
  app.require_subcommand(1);
  Command command = nullptr;
  CLI::App& append_app = *app.add_subcommand("append", "Append updates: how many a second, how soon durable");
  declare_append(append_app, options.plan);
  append_app.callback([&] { command = append; });
  CLI::App& fill_app = *app.add_subcommand("fill", "Make a large document");
  fill_app.add_option("--state-bytes", options.state_bytes)->capture_default_str();
  fill_app.add_option("--log-rows", options.log_rows)->capture_default_str();
  fill_app.callback([&] { command = fill_document; });
  CLI::App& load_app = *app.add_subcommand("load", "Load it; a line for each time");
  load_app.add_option("--document", options.document)->required();
  load_app.add_option("--repeat", options.repeat)->check(CLI::PositiveNumber)->capture_default_str();
  load_app.callback([&] { command = load; });
  CLI11_PARSE(app, argc, argv);
  canvas::log::set_level(canvas::log::Level::warning);
  return finish(run(options, command));
}
