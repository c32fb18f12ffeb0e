#include "main/bench.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <list>
#include <map>

#include "load/acceptance.h"
#include "load/report.h"
#include "load/run.h"
#include "main/bench_progress.h"
#include "main/console.h"

namespace canvas {
namespace {

constexpr const char* bench_manual =
    R"(Plays many Yjs clients, Hocuspocus providers or y-websocket ones, and tells latency, throughput and loss.
Each run has documents of its own, called bench-..., and leaves them in the server: run it against a server that may be
filled. Latency is from when an update was due until another client has it, on the clock of this machine; an update that
is sent late because the server was slow is charged to the server. When all is over a fresh client loads every document
and looks whether everything that was acknowledged is in it. y-websocket has no acknowledgements: there everything that
was sent must be, also what a visitor (churn, mixed) sent a moment before the server was killed.

Patterns:
  typing      single characters into a Y.Text
  drag        x and y of shapes in a Y.Map, 40 times a second by whoever drags
  replace     the whole text of a diagram deleted and inserted anew, as draw.io apps do
  cursors     presence alone
  diagram     a team on a diagram: a replacement now and then, and cursors
  join-storm  everybody comes at once, every 2 seconds
  churn       people come to a room of their own, write once, and go; --rate is visits a second
  mixed       typing, drag, cursors, replace and churn

--preset acceptance runs three loads one after another (5 people on a diagram, 120 connections, 1,000 visits) and says
PASS or FAIL for each thing that a server for teams must stand.

Ends with 1 when anything acknowledged was lost, a delivery never came, clients did not get back in, or a
line of the preset failed.

Examples:
  canvas-ws bench
  canvas-ws bench --preset acceptance --pid $(pidof canvas-ws)
  canvas-ws bench wss://draw.example.com/ws --protocol y-websocket --credentials cookies.txt --pattern replace
  canvas-ws bench --pattern mixed --protocol mixed --rate 500 --drops 1 --duration 1800 --json)";

struct BenchSettings {
  std::string url = "ws://127.0.0.1:3001";
  load::Plan plan;
  std::string cookie;
  std::string token;
  std::string credentials_file;
  bool insecure = false;
  bool json = false;
  bool announce = false;
  int pid = 0;
  std::string metrics_url;
  std::string name;
  bool runs_acceptance = false;
};

// NAME=VALUE is a cookie, anything else a token. Names of cookies and tokens have dots, and a signed
// token has '=' at its end.
load::Credentials credentials_of_line(const std::string& line) {
  const std::size_t sign = line.find('=');
  const bool is_cookie = sign != std::string::npos && line.find_first_not_of('=', sign) != std::string::npos;
  return is_cookie ? load::Credentials{line, {}} : load::Credentials{{}, line};
}

bool is_fit_for_header(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<std::vector<load::Credentials>> read_credentials(const BenchSettings& settings) {
  if (!is_fit_for_header(settings.cookie) || !is_fit_for_header(settings.token) ||
      !is_fit_for_header(settings.plan.origin)) {
    return Error{Errc::invalid_use, "--cookie, --token and --origin must be one line each"};
  }
  if (settings.credentials_file.empty()) {
    return std::vector<load::Credentials>{{settings.cookie, settings.token}};
  }
  std::ifstream file(settings.credentials_file);
  if (!file) return Error{Errc::io, "cannot read '" + settings.credentials_file + "'"};
  std::vector<load::Credentials> credentials;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line[0] != '#') credentials.push_back(credentials_of_line(line));
  }
  if (credentials.empty()) {
    return Error{Errc::invalid_use, "there are no credentials in '" + settings.credentials_file +
                                        "': one a line, NAME=VALUE for a cookie, or a token"};
  }
  return credentials;
}

Result<load::World> make_world(const BenchSettings& settings) {
  const Result<load::Target> target = load::parse_target(settings.url);
  if (!target) return target.error();
  Result<std::vector<load::Credentials>> credentials = read_credentials(settings);
  if (!credentials) return credentials.error();
  Result<load::Server> server = load::prepare_server(
      *target, settings.insecure ? load::CertificateCheck::none : load::CertificateCheck::strict);
  if (!server) return server.error();
  load::World world{settings.plan, std::move(*server), {}, {}};
  world.plan.credentials = std::move(*credentials);
  if (world.plan.origin.empty()) {
    world.plan.origin = (target->is_encrypted ? "https://" : "http://") + target->authority();
  }
  load::choose_names(world.plan);
  if (!settings.name.empty()) world.plan.name = settings.name;
  return world;
}

// The process, or the page that was named, or else the one that canvas-ws has beside a server on this
// machine.
Result<load::ServerProbe> make_probe(const BenchSettings& settings, const load::Server& server) {
  load::ServerProbe probe{settings.pid, {}};
  if (!settings.metrics_url.empty()) {
    const Result<load::Target> metrics = load::parse_metrics_url(settings.metrics_url);
    if (!metrics) return metrics.error();
    probe.metrics = *metrics;
  }
  if (probe.can_see()) {
    const Result<load::ProcessUsage> usage = probe.read();
    if (!usage) return usage.error();
    return probe;
  }
  if (!server.endpoint.is_loopback() || server.target.port == 65535) return probe;
  probe.metrics = server.target;
  probe.metrics->port = static_cast<std::uint16_t>(server.target.port + 1);
  probe.metrics->path = "/metrics";
  return probe.read() ? probe : load::ServerProbe{};
}

int run_acceptance(const BenchSettings& settings, const load::World& base, const load::ServerProbe& probe) {
  std::list<load::World> worlds;  // people point to their world
  std::vector<load::StageOutcome> outcomes;
  for (const load::Stage& stage : load::acceptance_stages(base.plan)) {
    load::World& world = worlds.emplace_back(load::World{stage.plan, base.server, {}, {}});
    load::choose_names(world.plan);
    BenchProgress progress(stage.name + ": ", BenchProgress::Announcements::none);
    outcomes.push_back({&world, load::run(world, probe, progress)});
    if (progress.wants_to_stop()) {
      return fail({Errc::unavailable,
                   "interrupted in \"" + stage.name + "\": the preset is judged when all of it has run"});
    }
  }
  const std::vector<load::Check> checks = load::judge_acceptance(outcomes);
  std::cout << (settings.json ? load::to_json(checks) : load::describe(checks)) << '\n';
  return load::has_passed(checks) ? succeeded : failed;
}

int run_plan(const BenchSettings& settings, load::World& world, const load::ServerProbe& probe) {
  const auto announcements =
      settings.announce ? BenchProgress::Announcements::window : BenchProgress::Announcements::none;
  const Result<load::RunResult> result = [&] {
    BenchProgress progress("", announcements);
    return load::run(world, probe, progress);
  }();
  if (!result) return fail(result.error());
  std::cout << (settings.json ? load::to_json(world, *result) : load::describe(world, *result)) << '\n';
  return load::fault_of(world, *result).empty() ? succeeded : failed;
}

int run_bench(const BenchSettings& settings) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the server has closed
  Result<load::World> world = make_world(settings);
  if (!world) return fail(world.error());
  const Result<load::ServerProbe> probe = make_probe(settings, world->server);
  if (!probe) return fail(probe.error());
  if (settings.runs_acceptance) return run_acceptance(settings, *world, *probe);
  return run_plan(settings, *world, *probe);
}

void declare_load(CLI::App& command, load::Plan& plan) {
  const std::map<std::string, load::Protocol> protocols{{"hocuspocus", load::Protocol::hocuspocus},
                                                        {"y-websocket", load::Protocol::y_websocket},
                                                        {"mixed", load::Protocol::mixed}};
  const std::map<std::string, load::Pattern> patterns{
      {"typing", load::Pattern::typing},   {"drag", load::Pattern::drag},
      {"replace", load::Pattern::replace}, {"cursors", load::Pattern::cursors},
      {"diagram", load::Pattern::diagram}, {"join-storm", load::Pattern::join_storm},
      {"churn", load::Pattern::churn},     {"mixed", load::Pattern::mixed}};
  const std::string group = "Load";
  command.add_option("--protocol", plan.protocol, "hocuspocus, y-websocket, or mixed: both in each document")
      ->transform(CLI::CheckedTransformer(protocols).description("NAME"))
      ->default_str("hocuspocus")
      ->group(group);
  command
      .add_option("--pattern", plan.pattern,
                  "typing, drag, replace, cursors, diagram, join-storm, churn or mixed")
      ->transform(CLI::CheckedTransformer(patterns).description("NAME"))
      ->default_str("typing")
      ->group(group);
  command.add_option("--documents", plan.documents, "Documents that people stay in")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(group);
  command.add_option("--clients", plan.clients_per_document, "Clients of each document")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str()
      ->group(group);
  command.add_option("--rate", plan.rate, "Updates (or visits) a second, of all clients together")
      ->check(CLI::Range(0.01, 1e6))
      ->capture_default_str()
      ->group(group);
  command.add_option("--diagram-bytes", plan.diagram_bytes, "Length of the text that is replaced")
      ->check(CLI::Range(200, 4 << 20))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--drops", plan.drops_per_second,
                  "So many clients a second lose their connection without a goodbye, and come back")
      ->check(CLI::Range(0.0, 1e4))
      ->capture_default_str()
      ->group(group);
  command.add_option("--seed", plan.seed, "Of all that is left to chance")
      ->capture_default_str()
      ->group(group);
  command.add_option("--warm-up", plan.warm_up_seconds, "Seconds before the measured window")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--duration", plan.seconds, "Seconds of the measured window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--drain", plan.drain_seconds, "Seconds to wait at most for what is under way at the end")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
}

void declare_check(CLI::App& command, load::Plan& plan) {
  const std::map<std::string, load::Inspection> inspections{{"left", load::Inspection::after_all_left},
                                                            {"open", load::Inspection::while_open}};
  command
      .add_option(
          "--check", plan.inspection,
          "When fresh clients load the documents: left, when everybody has gone, so that they come from "
          "where the server keeps them; or open, for a server that keeps nothing")
      ->transform(CLI::CheckedTransformer(inspections).description("NAME"))
      ->default_str("left")
      ->group("Load");
}

void declare_credentials(CLI::App& command, BenchSettings& settings) {
  const std::string group = "Credentials (never shown)";
  command
      .add_option(
          "--cookie", settings.cookie,
          "What stands in the Cookie header. Others on this machine can see a command line: better set "
          "CANVAS_WS_BENCH_COOKIE")
      ->envname("CANVAS_WS_BENCH_COOKIE")
      ->group(group);
  command.add_option("--token", settings.token, "The token of a session; better CANVAS_WS_BENCH_TOKEN")
      ->envname("CANVAS_WS_BENCH_TOKEN")
      ->group(group);
  command
      .add_option("--credentials", settings.credentials_file,
                  "A file with one a line, NAME=VALUE for a cookie or else a token; clients take turns")
      ->group(group);
  command.add_option("--origin", settings.plan.origin, "The Origin header; else that of the URL")
      ->group(group);
  command.add_flag("--insecure", settings.insecure, "Take any certificate of a wss:// server")->group(group);
}

void declare_output(CLI::App& command, BenchSettings& settings) {
  command.add_flag("--json", settings.json, "Print one JSON object instead of a table");
  const std::string group = "For measuring a server on this machine";
  command
      .add_option(
          "--metrics", settings.metrics_url,
          "Its page for Prometheus, http://HOST:PORT/metrics, as it is reached from here. Default: on "
          "this machine the port after the server's")
      ->group(group);
  command.add_option("--pid", settings.pid, "Its process, with its children: CPU and memory are told")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command
      .add_flag("--announce", settings.announce,
                "Say on standard error when the measured window begins and ends")
      ->group(group);
}

}  // namespace

void add_bench_command(CLI::App& app, Command& chosen) {
  const auto [command, settings] = add_command<BenchSettings>(
      app, chosen, "bench", "Drive a server with many clients and measure it", run_bench);
  command->footer(bench_manual);
  command->add_option("url", settings->url, "The server: ws://HOST:PORT or wss://HOST/PATH")
      ->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--preset", [settings = settings](const std::string&) { settings->runs_acceptance = true; },
          "acceptance: what a server for teams must stand, PASS or FAIL a line; --protocol and credentials "
          "count, "
          "the rest of the load is the preset's")
      ->check(CLI::IsMember({"acceptance"}));
  declare_load(*command, settings->plan);
  command
      ->add_option("--name", settings->name,
                   "Begins the names of the documents, which must be new; else one is drawn: bench-NUMBER")
      ->check(CLI::Validator(
          [](const std::string& name) {
            const bool is_good = name.size() <= 64 && name.find_first_not_of(
                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                          "abcdefghijklmnopqrstuvwxyz"
                                                          "0123456789._-") == std::string::npos;
            return is_good ? std::string() : std::string("letters, digits, '.', '_' and '-', at most 64");
          },
          "NAME"))
      ->group("Load");
  declare_check(*command, settings->plan);
  declare_credentials(*command, *settings);
  declare_output(*command, *settings);
}

}  // namespace canvas
