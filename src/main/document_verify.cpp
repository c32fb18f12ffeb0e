// canvas-ws document verify
#include <iostream>

#include "main/console.h"
#include "main/document.h"

namespace canvas {
namespace {

struct VerifySettings {
  DatabaseSetting database;
  std::string document;  // empty: all
  bool set_aside = false;
};

constexpr const char* verify_manual =
    R"(Reads every part of a document, or of all: the state, the rows of the log and the history that is kept.
Each must have the checksum with which it was written and be a Yjs update. What is not is reported with
its place and the reason, and the exit code is 1.

The server opens a document with damage for reading only. --set-aside moves the damaged parts, as they are,
into the table yjs_quarantine; the document can be edited again with what is sound, and the exit code is 0.
A history with damage goes: with a hole it would show what never was. What only the damaged parts held is missing until clients that still
have it connect, or a backup is imported (document import).

Examples:
  canvas-ws document verify
  canvas-ws document verify plan --set-aside)";

struct Findings {
  std::size_t parts = 0;
  std::size_t documents = 0;
};

Result<void> verify_document(store::Tables& tables, const std::string& document,
                             const VerifySettings& settings, Progress& progress, Findings& findings) {
  const auto report = find_damage(tables, document);
  if (!report) return report.error();
  progress.step();
  if (report->empty()) return {};
  progress.hide();
  if (settings.set_aside) {
    if (auto done = set_damage_aside(tables, document, *report); !done) return done;
  }
  const std::vector<std::string> lines = report->lines(document);
  for (const std::string& line : lines) {
    std::cout << line << (settings.set_aside ? " (set aside)" : "") << std::endl;
  }
  findings.parts += lines.size();
  ++findings.documents;
  return {};
}

int verify(const VerifySettings& settings) {
  const auto tables =
      open_tables(settings.database, settings.set_aside ? store::Use::write : store::Use::read);
  if (!tables) return fail(tables.error());
  const auto documents = choose_documents(**tables, settings.document);
  if (!documents) return fail(documents.error());
  Findings findings;
  {
    Progress progress("verifying", documents->size());
    for (const std::string& document : *documents) {
      const auto verified = verify_document(**tables, document, settings, progress, findings);
      if (verified) continue;
      progress.hide();
      return fail({verified.error().code, document_text(document) + ": " + verified.error().message});
    }
  }
  std::cout << count_text(documents->size(), "document") << " verified";
  if (findings.parts == 0) {
    std::cout << ", all sound\n";
    return succeeded;
  }
  std::cout << ": " << count_text(findings.parts, "damaged part") << " in "
            << count_text(findings.documents, "document") << (settings.set_aside ? ", set aside\n" : "\n");
  if (settings.set_aside) return succeeded;
  say("with --set-aside the damaged parts are put away, and what is sound can be edited again");
  return failed;
}

}  // namespace

void add_verify_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<VerifySettings>(
      documents, chosen, "verify", "Find what is damaged, and set it aside", verify);
  command->add_option("ID", settings->document, "The document. Default: all");
  command->add_flag("--set-aside", settings->set_aside,
                    "Move damaged parts out of the way, so that the document can be edited again");
  declare_database_option(*command, settings->database);
  command->footer(verify_manual);
}

}  // namespace canvas
