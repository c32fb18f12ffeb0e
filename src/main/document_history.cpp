// canvas-ws document history
#include <array>
#include <cstdio>
#include <iostream>

#include "base/terminal_text.h"
#include "base/time_text.h"
#include "crdt/update_summary.h"
#include "main/console.h"
#include "main/document.h"

namespace canvas {
namespace {

struct HistorySettings {
  DatabaseSetting database;
  std::string document;
  bool json = false;
};

constexpr const char* history_manual =
    R"(Who changed what, and when: the rows of the log, those not folded into the state yet and those that
serve --history keeps, the oldest first. INSERTED and DELETED count elements: UTF-16 units of text,
entries of arrays and maps, types. A "guest" is somebody whom nobody asked who they are; an import, too.

It says how far back the history goes: from there on document export --at gives every earlier state.

--json gives one object: {"document", "since": the time, or null for the beginning, "rows": [{"row",
"time", "user": null for guests, "bytes", "inserted", "deleted", "folded"}]}

Examples:
  canvas-ws document history plan
  canvas-ws document history plan --json | jq '[.rows[].user] | unique')";

// Nothing was there before the first row.
bool is_whole(const store::History& history) {
  return history.base_time == store::WallTime{};
}

void print_text(const store::History& history, const std::vector<crdt::UpdateSummary>& summaries) {
  std::array<char, 256> line{};
  const auto print = [&](const char* format, auto... values) {
    std::snprintf(line.data(), line.size(), format, values...);
    std::cout << line.data();
  };
  print("%-24s  %10s  %10s  %9s  %9s  %6s  %s\n", "TIME", "ROW", "SIZE", "INSERTED", "DELETED", "FOLDED",
        "USER");
  for (std::size_t i = 0; i < history.rows.size(); ++i) {
    const store::HistoryRow& row = history.rows[i];
    print("%-24s  %10lld  %10s  %9llu  %9llu  %6s  ", format_time(row.time).c_str(),
          static_cast<long long>(row.row), size_text(row.update.size()).c_str(),
          static_cast<unsigned long long>(summaries[i].inserted),
          static_cast<unsigned long long>(summaries[i].deleted), row.is_folded ? "yes" : "no");
    std::cout << (row.user_id.empty() ? "guest" : printable(row.user_id)) << "\n";
  }
  if (is_whole(history)) {
    std::cout << "the history is whole: it goes back to the first change\n";
  } else {
    std::cout << "the history goes back to " << format_time(history.base_time)
              << "; what was changed before is in the state of then\n";
  }
}

void print_json(const std::string& document, const store::History& history,
                const std::vector<crdt::UpdateSummary>& summaries) {
  std::cout << "{\"document\":" << printable_json_string(document)
            << ",\"since\":" << (is_whole(history) ? "null" : "\"" + format_time(history.base_time) + "\"")
            << ",\"rows\":[";
  for (std::size_t i = 0; i < history.rows.size(); ++i) {
    const store::HistoryRow& row = history.rows[i];
    std::cout << (i == 0 ? "\n" : ",\n") << "{\"row\":" << row.row << ",\"time\":\"" << format_time(row.time)
              << "\",\"user\":" << (row.user_id.empty() ? "null" : printable_json_string(row.user_id))
              << ",\"bytes\":" << row.update.size() << ",\"inserted\":" << summaries[i].inserted
              << ",\"deleted\":" << summaries[i].deleted
              << ",\"folded\":" << (row.is_folded ? "true" : "false") << "}";
  }
  std::cout << "]}\n";
}

// Moves the rows that are no updates to the damages.
std::vector<crdt::UpdateSummary> summarize(store::History& history) {
  std::vector<crdt::UpdateSummary> summaries;
  std::vector<store::HistoryRow> sound;
  for (store::HistoryRow& row : history.rows) {
    if (const auto summary = crdt::summarize_update(row.update)) {
      summaries.push_back(*summary);
      sound.push_back(std::move(row));
    } else {
      history.damages.push_back({row.row, "it is no Yjs update: " + summary.error().message});
    }
  }
  history.rows = std::move(sound);
  return summaries;
}

int show_history(const HistorySettings& settings) {
  const auto tables = open_tables(settings.database, store::Use::read);
  if (!tables) return fail(tables.error());
  if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
  auto history = (*tables)->read_history(settings.document, std::nullopt);
  if (!history) return fail(history.error());
  const auto summaries = summarize(*history);
  if (settings.json) {
    print_json(settings.document, *history, summaries);
  } else {
    print_text(*history, summaries);
  }
  for (const store::Damage& damage : history->damages) {
    say("left out: " + damage_text(settings.document, damage));
  }
  return history->damages.empty() ? succeeded : failed;
}

}  // namespace

void add_history_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<HistorySettings>(
      documents, chosen, "history", "Who changed a document, and when", show_history);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_flag("--json", settings->json, "Print JSON");
  declare_database_option(*command, settings->database);
  command->footer(history_manual);
}

}  // namespace canvas
