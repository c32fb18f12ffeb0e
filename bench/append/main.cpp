// bench_load: the load generator (bench/README.md).
#include <openssl/rand.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "append/report.h"

namespace canvas::bench {
namespace {

constexpr std::uint32_t idle_clients_per_document = 4;

struct Options {
  Run run;
  std::uint16_t port = 0;
  std::uint32_t idle_connections = 0;  // 0: measure a fan-out
  Observed observed;
  double drain_seconds = 10;
  double settle_seconds = 3;
  bool announce = false;
  bool json = false;
  bool journal = false;
};

class Announcer : public WindowListener {
public:
  explicit Announcer(bool is_loud) : is_loud_(is_loud) {}
  void window_begins() override { say("begins"); }
  void window_ends() override { say("ends"); }

private:
  void say(const char* what) const {
    if (is_loud_) std::fprintf(stderr, "the window %s\n", what);
  }
  bool is_loud_;
};

void declare(CLI::App& app, Options& options) {
  Scenario& scenario = options.run.scenario;
  const std::map<std::string, protocol::Dialect> dialects{{"hocuspocus", protocol::Dialect::hocuspocus},
                                                          {"y-websocket", protocol::Dialect::y_websocket}};
  app.add_option("--port", options.port, "Port of the server on 127.0.0.1")->required();
  app.add_option("--pid", options.observed.server, "Process of the server, to measure its CPU and memory");
  app.add_option("--database-pid", options.observed.database, "Process of its database, to measure its CPU");
  app.add_option("--protocol", options.run.dialect, "hocuspocus or y-websocket")
      ->transform(CLI::CheckedTransformer(dialects))
      ->default_str("hocuspocus");
  app.add_option("--documents", scenario.documents)->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--clients", scenario.clients_per_document, "Clients of each document")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--rate", scenario.updates_per_second, "Updates a second, of all clients together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--outstanding", scenario.outstanding_updates,
                 "Instead of --rate: each client answers each acknowledgement with its next update, and so "
                 "many of them are on their way")
      ->check(CLI::Range(1, 100000));
  app.add_option("--text", scenario.text_bytes, "Bytes of text in each update")
      ->check(CLI::Range(stamp_bytes, std::size_t{32768}))
      ->capture_default_str();
  app.add_option("--warm-up", scenario.warm_up_seconds, "Seconds before the measured window")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--duration", scenario.seconds, "Seconds of the measured window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--drain", options.drain_seconds, "Seconds to wait for stragglers")->capture_default_str();
  app.add_option(
      "--idle", options.idle_connections,
      "Instead: so many idle connections, and then so many that have joined documents; needs --pid");
  app.add_option("--settle", options.settle_seconds, "Seconds until idle connections count as settled")
      ->capture_default_str();
  app.add_flag("--announce", options.announce, "Tell on stderr when the measured window begins and ends");
  app.add_flag("--json", options.json, "Print one JSON object instead of a line");
  app.add_flag("--journal", options.journal,
               "Print instead, as JSON, how many updates of each client were acknowledged");
}

void prepare_idle(Options& options) {
  Scenario& scenario = options.run.scenario;
  scenario.clients_per_document = idle_clients_per_document;
  scenario.documents = std::max(1u, options.idle_connections / idle_clients_per_document);
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return number;
}

// Each run has documents and Yjs clients of its own: a server may be used for several.
void choose_names(Run& run) {
  const std::uint64_t random_bits = random_number() >> (64 - 53 + client_number_bits);
  run.client_id_base = random_bits << client_number_bits;
  run.name = "bench-" + std::to_string(random_bits);
}

void allow_many_sockets() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(const Error& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.message.c_str());
  return 1;
}

int print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  return 0;
}

int run_bench(Options& options) {
  allow_many_sockets();
  choose_names(options.run);
  Result<Server> server = local_server(options.port);
  if (!server) return fail(server.error());
  options.run.server = std::move(*server);
  if (options.idle_connections > 0) {
    prepare_idle(options);
    const Result<IdleCost> cost = measure_idle(options.run, options.observed.server, options.settle_seconds);
    if (!cost) return fail(cost.error());
    return print(options.json ? to_json(*cost) : describe(*cost));
  }
  if (options.run.scenario.outstanding_updates > 0 && options.run.dialect != protocol::Dialect::hocuspocus) {
    return fail({Errc::invalid_use, "--outstanding needs a protocol with acknowledgements"});
  }
  options.run.written.resize(options.run.scenario.clients());
  Announcer announcer(options.announce);
  const Result<FanOut> result =
      measure_fan_out(options.run, options.observed, options.drain_seconds, announcer);
  if (!result) return fail(result.error());
  if (options.journal) return print(journal_json(options.run));
  return print(options.json ? to_json(options.run, *result) : describe(options.run, *result));
}

}  // namespace
}  // namespace canvas::bench

int main(int argc, char** argv) {
  CLI::App app(
      "Drives a server with many Yjs clients and tells latency, throughput, loss, and what it costs.",
      "bench_load");
  canvas::bench::Options options;
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  return canvas::bench::run_bench(options);
}
