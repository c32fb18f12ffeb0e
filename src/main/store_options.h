// The options that several commands share: which database, and how much history.
#pragma once

#include <optional>
#include <string>

#include "store/database.h"

namespace CLI {
class App;
}

namespace canvas {

struct DatabaseSetting {
  std::string text = "sqlite:canvas-ws.sqlite";

  Result<db::Database> parse() const { return db::parse_database(text); }
};

// Declares --database (DATABASE_URL), bound to `setting`, which outlives `command`.
void declare_database_option(CLI::App& command, DatabaseSetting& setting);

struct HistorySetting {
  std::string text;  // empty: not given

  // --history, else what WS_ENABLE_UPDATE_LOG says; none when neither says anything. Fails with
  // Errc::invalid_use.
  Result<std::optional<std::chrono::seconds>> parse() const;
};

// Declares --history, bound to `setting`, which outlives `command`.
void declare_history_option(CLI::App& command, HistorySetting& setting);

}  // namespace canvas
