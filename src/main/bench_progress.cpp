#include "main/bench_progress.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <sstream>

#include "main/console.h"

namespace canvas {
namespace {

constexpr load::Nanoseconds interval_on_terminal = load::second / 2;
constexpr load::Nanoseconds interval_elsewhere = 5 * load::second;

volatile std::sig_atomic_t is_interrupted = 0;  // a signal handler can reach nothing else

void interrupt(int signal) {
  is_interrupted = 1;
  std::signal(signal, SIG_DFL);
}

const char* phase_name(load::Phase phase) {
  switch (phase) {
    case load::Phase::joining: return "joining";
    case load::Phase::warming_up: return "warming up";
    case load::Phase::measuring: return "measuring";
    case load::Phase::draining: return "draining";
    case load::Phase::checking: return "checking with fresh clients";
  }
  return "";
}

std::string line_of(const load::World& world, const load::Progress& progress, double deliveries_per_second) {
  const load::Tally& tally = world.tally;
  std::ostringstream out;
  out.precision(0);
  out << std::fixed << phase_name(progress.phase);
  if (progress.of > 0) out << ' ' << progress.seconds << " of " << progress.of << " s";
  out << ": " << progress.joined << " of " << world.plan.clients() << " clients in";
  if (progress.visitors > 0) out << ", " << progress.visitors << " visitors";
  out << ", " << tally.updates << " updates, " << deliveries_per_second << " deliveries/s";
  out.precision(1);
  if (tally.delivery.count() > 0) out << ", p99 " << tally.delivery.quantile_milliseconds(0.99) << " ms";
  if (tally.dropped > 0) out << ", " << tally.dropped << " dropped";
  if (tally.closed > 0) out << ", " << tally.closed << " closed by the server";
  if (tally.refused + tally.failed_connects > 0) {
    out << ", " << tally.refused + tally.failed_connects << " attempts failed";
  }
  return out.str();
}

}  // namespace

BenchProgress::BenchProgress(std::string title, Announcements announcements)
    : title_(std::move(title)), announcements_(announcements), is_on_terminal_(is_terminal(STDERR_FILENO)) {
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
}

BenchProgress::~BenchProgress() {
  hide();
}

void BenchProgress::on_progress(const load::World& world, const load::Progress& progress) {
  const load::Nanoseconds time = load::now();
  const load::Nanoseconds passed = time - shown_at_;
  if (passed < (is_on_terminal_ ? interval_on_terminal : interval_elsewhere)) return;
  const double rate = shown_at_ == 0 ? 0
                                     : static_cast<double>(world.tally.delivered - deliveries_then_) * 1e9 /
                                           static_cast<double>(passed);
  const bool is_first = shown_at_ == 0;
  shown_at_ = time;
  deliveries_then_ = world.tally.delivered;
  const std::string line = title_ + line_of(world, progress, rate);
  if (is_on_terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    is_visible_ = true;
  } else if (!is_first) {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

void BenchProgress::window_begins() {
  if (announcements_ == Announcements::window) std::fprintf(stderr, "the window begins\n");
}

void BenchProgress::window_ends() {
  if (announcements_ == Announcements::window) std::fprintf(stderr, "the window ends\n");
}

bool BenchProgress::wants_to_stop() {
  return is_interrupted != 0;
}

void BenchProgress::hide() {
  if (is_visible_) std::fprintf(stderr, "\r\x1b[K");
  is_visible_ = false;
}

}  // namespace canvas
