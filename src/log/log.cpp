#include "log/log.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "log/line.h"
#include "log/output.h"
#include "log/sampler.h"

namespace canvas::log {
namespace {

constexpr std::string_view security_kind = "security";

bool wants_colours(const Output& output) {
  const char* terminal = std::getenv("TERM");
  const char* refusal = std::getenv("NO_COLOR");  // no-color.org: if it is there and not empty
  return output.is_terminal() && terminal != nullptr && terminal != std::string_view("dumb") &&
         (refusal == nullptr || *refusal == '\0');
}

// Knows where lines go, as what, and which are left out.
class Logger {
public:
  void open(Target target, Output output) {
    const std::lock_guard lock(mutex_);
    is_text_ = target.format == Format::text || (target.format == Format::automatic && output.is_terminal());
    colours_ = wants_colours(output) ? Colours::ansi : Colours::none;
    file_ = std::move(target.file);
    output_ = std::move(output);
  }

  // The old one is closed when the caller lets it go.
  Output exchange(Output output) {
    const std::lock_guard lock(mutex_);
    return std::exchange(output_, std::move(output));
  }

  std::string file() {
    const std::lock_guard lock(mutex_);
    return file_;
  }

  void write(Level level, std::string_view kind, std::string_view event, std::span<const Field> fields) {
    const std::lock_guard lock(mutex_);
    std::optional<std::uint64_t> suppressed = 0;
    if (level != Level::debug || !kind.empty())
      suppressed = sampler_.admit(event, level, kind, std::chrono::steady_clock::now());
    if (suppressed) put({std::chrono::system_clock::now(), level, kind, event, fields, *suppressed});
  }

  void set_rate(std::string_view event, Rate rate) {
    const std::lock_guard lock(mutex_);
    sampler_.set_rate(event, rate);
  }

  void tell_suppressed() {
    const std::lock_guard lock(mutex_);
    tell(sampler_.take_due(std::chrono::steady_clock::now()));
  }

  void tell_all_suppressed() {
    const std::lock_guard lock(mutex_);
    tell(sampler_.take_all());
  }

private:
  void tell(const std::vector<Sampler::LeftOut>& all) {
    for (const Sampler::LeftOut& each : all)
      put({std::chrono::system_clock::now(), each.level, each.kind, each.event, {}, each.lines});
  }

  void put(const Entry& entry) {
    if (!output_.write(line_of(entry))) {
      ++lost_;
      return;
    }
    if (lost_ == 0) return;
    const Field lines("lines", lost_);
    if (output_.write(line_of({entry.time, Level::error, {}, "log.lines_lost", std::span(&lines, 1)})))
      lost_ = 0;
  }

  std::string line_of(const Entry& entry) const {
    return is_text_ ? text_line(entry, colours_) : json_line(entry);
  }

  std::mutex mutex_;
  Output output_;
  std::string file_;
  bool is_text_ = false;
  Colours colours_ = Colours::none;
  Sampler sampler_;
  std::uint64_t lost_ = 0;  // lines that the output did not take
};

Logger& logger() {
  static Logger instance;
  return instance;
}

// Security lines have a level, but are not dropped for it.
std::atomic<Level> threshold = Level::info;

}  // namespace

Result<Level> parse_level(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "info") return Level::info;
  if (name == "warn" || name == "warning") return Level::warning;
  if (name == "error") return Level::error;
  if (name == "off") return Level::off;
  return Error{Errc::invalid_use,
               "log level \"" + std::string(name) + "\": take debug, info, warn, error or off"};
}

void set_level(Level level) {
  threshold = level;
}

Result<Format> parse_format(std::string_view name) {
  if (name == "auto") return Format::automatic;
  if (name == "json") return Format::json;
  if (name == "text") return Format::text;
  return Error{Errc::invalid_use, "log format \"" + std::string(name) + "\": take auto, json or text"};
}

Result<void> open(Target target) {
  Result<Output> output = target.file.empty() ? Result<Output>(Output()) : Output::open(target.file);
  if (!output) return output.error();
  logger().open(std::move(target), std::move(*output));
  return {};
}

void reopen() {
  const std::string file = logger().file();
  if (file.empty()) return;
  if (Result<Output> output = Output::open(file)) {
    const Output old = logger().exchange(std::move(*output));
    info("log.reopened", {{"file", file}});
  } else {
    error("log.reopen_failed",
          {{"reason", output.error().message}, {"meaning", "lines go on into the file that was open"}});
  }
}

void set_rate(std::string_view event, Rate rate) {
  logger().set_rate(event, rate);
}

void tell_suppressed() {
  logger().tell_suppressed();
}

void tell_all_suppressed() {
  logger().tell_all_suppressed();
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level >= threshold) logger().write(level, {}, event, std::span(fields.begin(), fields.size()));
}

void security(Level level, std::string_view event, std::initializer_list<Field> fields) {
  security(level, event, std::span(fields.begin(), fields.size()));
}

void security(Level level, std::string_view event, std::span<const Field> fields) {
  if (threshold != Level::off) logger().write(level, security_kind, event, fields);
}

}  // namespace canvas::log
