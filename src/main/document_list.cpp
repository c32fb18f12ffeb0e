// canvas-ws document list
#include <array>
#include <cstdio>
#include <iostream>

#include "base/terminal_text.h"
#include "base/time_text.h"
#include "main/console.h"
#include "main/document.h"
#include "main/open_rooms.h"

namespace canvas {
namespace {

struct ListSettings {
  DatabaseSetting database;
  std::string server;  // empty: where one is by default
  bool json = false;
};

constexpr const char* list_manual =
    R"(One line a document, by name: when it last changed, the size of its compacted state, the rows of the log
that are not folded into it and their size, the rows kept as history, how many users the log still knows,
the members who are connected now (- when no server answers at --server), and the name. Sizes are those
of the updates as stored. Whether the server at --server serves this database is for you to know.

--json gives one array; an element is
  {"document", "last_change", "state_bytes", "log_rows", "log_bytes", "kept_rows", "authors",
   "members": a number or null, "read_only": null or why edits are refused}

Examples:
  canvas-ws document list
  canvas-ws document list --json | jq -r '.[] | select(.log_bytes > 1048576) | .document')";

template <class... Args>
void print_line(const char* format, Args... args) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), format, args...);
  std::cout << line.data();
}

// Of an open room, or of none while a server answers.
std::string members_text(const OpenRoom& room) {
  std::string text = std::to_string(room.members);
  if (!room.read_only.empty()) text += " (" + printable(room.read_only) + ")";
  return text;
}

class Listing {
public:
  explicit Listing(const OpenRooms* rooms) : rooms_(rooms) {}
  virtual ~Listing() = default;
  virtual void begin() = 0;
  virtual void add(const store::DocumentSummary& summary) = 0;
  virtual void end() = 0;

protected:
  // None: no server answers.
  std::optional<OpenRoom> room_of(const std::string& document) const {
    if (rooms_ == nullptr) return std::nullopt;
    const auto found = rooms_->find(document);
    return found == rooms_->end() ? OpenRoom{} : found->second;
  }

private:
  const OpenRooms* const rooms_;
};

class TextListing final : public Listing {
public:
  using Listing::Listing;

  void begin() override {
    print_line("%-24s  %10s  %8s  %10s  %8s  %7s  %7s  %s\n", "LAST CHANGE", "STATE", "LOG ROWS", "LOG",
               "KEPT", "AUTHORS", "MEMBERS", "DOCUMENT");
  }

  void add(const store::DocumentSummary& summary) override {
    const auto room = room_of(summary.document);
    print_line("%-24s  %10s  %8zu  %10s  %8zu  %7zu  %7s  ", format_time(summary.last_change).c_str(),
               size_text(summary.state_bytes).c_str(), summary.log_rows, size_text(summary.log_bytes).c_str(),
               summary.kept_rows, summary.authors, room ? members_text(*room).c_str() : "-");
    std::cout << printable(summary.document) << "\n";
  }

  void end() override {}
};

class JsonListing final : public Listing {
public:
  using Listing::Listing;

  void begin() override { std::cout << "["; }

  void add(const store::DocumentSummary& summary) override {
    const auto room = room_of(summary.document);
    std::cout << (is_first_ ? "\n" : ",\n") << "{\"document\":" << printable_json_string(summary.document)
              << ",\"last_change\":\"" << format_time(summary.last_change)
              << "\",\"state_bytes\":" << summary.state_bytes << ",\"log_rows\":" << summary.log_rows
              << ",\"log_bytes\":" << summary.log_bytes << ",\"kept_rows\":" << summary.kept_rows
              << ",\"authors\":" << summary.authors
              << ",\"members\":" << (room ? std::to_string(room->members) : "null") << ",\"read_only\":"
              << (room && !room->read_only.empty() ? printable_json_string(room->read_only) : "null") << "}";
    is_first_ = false;
  }

  void end() override { std::cout << (is_first_ ? "]\n" : "\n]\n"); }

private:
  bool is_first_ = true;
};

int list(const ListSettings& settings) {
  const auto tables = open_tables(settings.database, store::Use::read);
  if (!tables) return fail(tables.error());
  const auto rooms = ask_open_rooms(settings.server);
  if (!rooms && (!settings.server.empty() || rooms.error().code == Errc::invalid_use)) {
    const int code = fail(rooms.error());
    if (rooms.error().code == Errc::invalid_use) return code;
  }
  const std::unique_ptr<Listing> listing =
      settings.json ? std::unique_ptr<Listing>(std::make_unique<JsonListing>(rooms ? &*rooms : nullptr))
                    : std::make_unique<TextListing>(rooms ? &*rooms : nullptr);
  listing->begin();
  const auto listed = (*tables)->list([&](const store::DocumentSummary& summary) { listing->add(summary); });
  if (!listed) return fail(listed.error());
  listing->end();
  return succeeded;
}

}  // namespace

void add_list_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<ListSettings>(
      documents, chosen, "list", "All documents: size, log, last change, members", list);
  declare_database_option(*command, settings->database);
  command->add_flag("--json", settings->json, "Print JSON");
  command->add_option(
      "--server", settings->server,
      "The server to ask who is connected: http://HOST:PORT of its health port. Default: this "
      "machine, WS_HEALTH_PORT, or the port after WS_PORT, or 3002");
  command->footer(list_manual);
}

}  // namespace canvas
