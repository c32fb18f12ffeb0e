// bench_connect: the load generator of bench/auth.sh (bench/README.md).
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "append/parts.h"
#include "connect/visits.h"

namespace canvas::bench {
namespace {

struct Options {
  VisitPlan plan;
  std::uint16_t port = 0;
  Observed observed;
  std::string token_file;
};

void declare(CLI::App& app, Options& options) {
  VisitPlan& plan = options.plan;
  app.add_option("--port", options.port, "Port of the server on 127.0.0.1")->required();
  app.add_option("--tokens", options.token_file, "A file of session tokens, one a line")->required();
  app.add_option("--pid", options.observed.server, "Process of the server, to measure its CPU and memory");
  app.add_option("--database-pid", options.observed.database, "Process of its database, to measure its CPU");
  app.add_option("--documents", plan.documents)->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--rate", plan.visits_per_second, "Visits a second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--at-once", plan.at_once, "Instead of --rate: so many visits are under way all the time")
      ->check(CLI::Range(1, 5000));
  app.add_option("--warm-up", plan.warm_up_seconds, "Seconds before the measured window")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--duration", plan.seconds, "Seconds of the measured window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

Result<std::vector<std::string>> read_tokens(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> tokens;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) tokens.push_back(std::move(line));
  }
  if (tokens.empty()) return Error{Errc::invalid_use, "there are no tokens in " + path};
  return tokens;
}

void allow_many_sockets() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string to_json(const VisitResult& result) {
  const Window& window = result.window;
  return JsonObject()
      .add("window_seconds", window.seconds)
      .add("visits", result.done)
      .add("visits_per_second", static_cast<double>(result.done) / window.seconds)
      .add("expected", result.expected)
      .add("refused", result.refused)
      .add("failed", result.failed)
      .add_latency("connect", result.latency)
      .add_latency("start_lag", result.start_lag)
      .add("server_cpu_seconds", window.server.cpu_seconds())
      .add("server_resident_bytes", window.server.resident_bytes)
      .add("database_cpu_seconds", window.database.cpu_seconds())
      .add("generator_load", window.generator_cpu_seconds / window.seconds)
      .finish();
}

int fail(const Error& error) {
  std::fprintf(stderr, "bench_connect: %s\n", error.message.c_str());
  return 1;
}

int run_bench(Options& options) {
  allow_many_sockets();
  Result<std::vector<std::string>> tokens = read_tokens(options.token_file);
  if (!tokens) return fail(tokens.error());
  options.plan.tokens = std::move(*tokens);
  Result<Server> server = local_server(options.port);
  if (!server) return fail(server.error());
  options.plan.server = std::move(*server);
  const Result<VisitResult> result = measure_visits(options.plan, options.observed);
  if (!result) return fail(result.error());
  if (!result->first_failure.empty())
    std::fprintf(stderr, "bench_connect: %s\n", result->first_failure.c_str());
  std::printf("%s\n", to_json(*result).c_str());
  return 0;
}

}  // namespace
}  // namespace canvas::bench

int main(int argc, char** argv) {
  CLI::App app("Has many people connect to a server with session tokens and tells how long that takes them.",
               "bench_connect");
  canvas::bench::Options options;
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  return canvas::bench::run_bench(options);
}
