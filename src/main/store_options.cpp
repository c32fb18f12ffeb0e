#include "main/store_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "base/time_text.h"

namespace canvas {
namespace {

// How long the update log was kept where WS_ENABLE_UPDATE_LOG only says that it is.
constexpr std::chrono::seconds default_history = std::chrono::days(7);

Result<std::optional<std::chrono::seconds>> history_of_environment() {
  const char* variable = std::getenv("WS_ENABLE_UPDATE_LOG");
  std::string text = variable == nullptr ? "" : variable;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (text.empty()) return std::optional<std::chrono::seconds>{};
  if (text == "true" || text == "1" || text == "yes" || text == "on") return std::optional(default_history);
  if (text == "false" || text == "0" || text == "no" || text == "off") {
    return std::optional(std::chrono::seconds(0));
  }
  return Error{Errc::invalid_use,
               "WS_ENABLE_UPDATE_LOG takes true, 1, yes, on (history is kept for 7 days; --history says "
               "another time) or false, 0, no, off"};
}

}  // namespace

void declare_database_option(CLI::App& command, DatabaseSetting& setting) {
  command
      .add_option(
          "--database", setting.text,
          "Where documents are kept: sqlite:FILE, or a PostgreSQL database as "
          "postgres://USER:PASSWORD@HOST/NAME or \"host=HOST dbname=NAME user=USER\" (a password is "
          "safer in DATABASE_URL, PGPASSWORD or ~/.pgpass: other users of the machine see the command "
          "line)")
      ->envname("DATABASE_URL")
      ->capture_default_str();
}

Result<std::optional<std::chrono::seconds>> HistorySetting::parse() const {
  if (text.empty()) return history_of_environment();
  const auto duration = parse_duration(text);
  if (!duration) return Error{Errc::invalid_use, "--history: " + duration.error().message};
  return std::optional(*duration);
}

void declare_history_option(CLI::App& command, HistorySetting& setting) {
  command.add_option(
      "--history", setting.text,
      "How long changes stay after they are folded into the state, so that older states can be had "
      "(document history, document export --at): 90s, 30m, 12h, 7d; 0: not at all. Default: 7d where "
      "WS_ENABLE_UPDATE_LOG is true, else 0");
}

}  // namespace canvas
