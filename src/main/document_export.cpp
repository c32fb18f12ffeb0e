// canvas-ws document export
#include <unistd.h>

#include <iostream>

#include "base/terminal_text.h"
#include "crdt/convert.h"
#include "crdt/doc/read.h"
#include "main/console.h"
#include "main/document.h"
#include "main/files.h"

namespace canvas {
namespace {

struct ExportSettings {
  DatabaseSetting database;
  std::string document;
  std::string at;
  std::string format = "update";
  std::string root;
  std::string output = "-";
};

constexpr const char* export_manual =
    R"(Gives the whole document, or one of its root types.

--format says as what:
  update     one Yjs update in format v1, which Y.applyUpdate and document import take
  update-v2  the same in format v2 (Y.applyUpdateV2): smaller, where there are many small changes
  json       an object by the names of the root types; with --root, what that one holds. Bytes are an object
             with a key for each, as JSON.stringify gives them
  text       the text of a root type
  xml        the markup of an XML fragment (or element or text), as Yjs prints it: without escaping
A document does not say what its root types are: it is guessed from what is in them. text and xml take the one
root type that fits, or the one that --root names.

--at gives the document as it was then, with what has been deleted since, as far back as history is kept
(serve --history, document history). It takes a time (2026-01-31T12:00:00Z, 2026-01-31T13:00:00+01:00), a
date (its midnight in UTC), or so long ago (90s, 30m, 2h, 7d). document restore makes that the present again.

Examples:
  canvas-ws document export plan --output plan.update
  canvas-ws document export plan --format json | jq .
  canvas-ws document export plan --format text --root diagram-xml --at 2h > plan-two-hours-ago.drawio)";

using crdt::Doc;
using crdt::TypeKind;

bool is_update(std::string_view format) {
  return format == "update" || format == "update-v2";
}

bool is_xml(TypeKind kind) {
  return kind == TypeKind::xml_fragment || kind == TypeKind::xml_element || kind == TypeKind::xml_text;
}

bool fits(std::string_view format, TypeKind kind) {
  return format == "text" ? kind == TypeKind::text : is_xml(kind);
}

std::string_view words_for(TypeKind kind) {
  switch (kind) {
    case TypeKind::array: return "an array";
    case TypeKind::map: return "a map";
    case TypeKind::text: return "a text";
    case TypeKind::xml_element: return "an XML element";
    case TypeKind::xml_fragment: return "an XML fragment";
    case TypeKind::xml_hook: return "an XML hook";
    case TypeKind::xml_text: return "an XML text";
    case TypeKind::unknown: break;
  }
  return "empty";
}

TypeKind kind_of_root(const Doc& doc, std::string_view name) {
  return crdt::kind_of(doc, *crdt::find_root(doc, name));
}

// "'a' (a text), 'b' (a map)"
std::string list_roots(const Doc& doc) {
  std::string list;
  for (const std::string_view name : crdt::root_names(doc)) {
    if (!list.empty()) list += ", ";
    list.append("'")
        .append(printable(name))
        .append("' (")
        .append(words_for(kind_of_root(doc, name)))
        .append(")");
  }
  return list.empty() ? "none" : list;
}

Result<std::string> choose_root(const Doc& doc, const ExportSettings& settings) {
  if (!settings.root.empty()) return settings.root;
  std::vector<std::string_view> fitting;
  for (const std::string_view name : crdt::root_names(doc)) {
    if (fits(settings.format, kind_of_root(doc, name))) fitting.push_back(name);
  }
  if (fitting.size() == 1) return std::string(fitting.front());
  const std::string there_are = "its root types: " + list_roots(doc);
  if (fitting.empty()) {
    const bool has_text = settings.format == "xml" && !crdt::root_names(doc).empty();
    return Error{Errc::not_found,
                 "the document has nothing that is " + settings.format + "; " + there_are +
                     (has_text ? "\nMarkup that is kept as a text is given by --format text" : "")};
  }
  return Error{Errc::not_found, "the document has several root types that are " + settings.format +
                                    ": name one with --root; " + there_are};
}

Result<std::string> read_root(const Doc& doc, const ExportSettings& settings) {
  auto name = choose_root(doc, settings);
  if (!name) return name;
  const auto type = crdt::find_root(doc, *name);
  if (!type) {
    return Error{Errc::not_found, "the document has no root type '" + printable(*name) +
                                      "'; its root types: " + list_roots(doc)};
  }
  if (settings.format == "text") return crdt::to_text(doc, *type);
  const TypeKind kind = crdt::kind_of(doc, *type);
  if (settings.format == "json") return crdt::to_json(doc, *type, kind);
  return crdt::to_xml(doc, *type, is_xml(kind) ? kind : TypeKind::xml_fragment);
}

// The content of an update as what was asked for.
Result<Bytes> convert(Bytes update, const ExportSettings& settings) {
  if (settings.format == "update") return update;
  if (settings.format == "update-v2") return crdt::convert_v1_to_v2(update);
  Doc doc;
  if (const auto applied = doc.apply(update); !applied) return applied.error();
  const bool is_whole = settings.format == "json" && settings.root.empty();
  auto text = is_whole ? crdt::to_json(doc) : read_root(doc, settings);
  if (!text) return text.error();
  if (settings.format == "json") *text += '\n';
  return to_bytes(as_bytes(*text));
}

int export_document(const ExportSettings& settings) {
  if (is_update(settings.format) && !settings.root.empty()) {
    return fail(
        {Errc::invalid_use, "--root is for --format json, text and xml: an update is of the whole document"});
  }
  const bool to_terminal = settings.output == "-" && is_terminal(STDOUT_FILENO);
  if (to_terminal && is_update(settings.format)) {
    return fail(
        {Errc::invalid_use,
         "an update is no text for a terminal: name a file with --output FILE, or redirect the output"});
  }
  const auto tables = open_tables(settings.database, store::Use::read);
  if (!tables) return fail(tables.error());
  if (const auto exists = check_exists(**tables, settings.document); !exists) return fail(exists.error());
  auto update = settings.at.empty() ? present_state(**tables, settings.document)
                                    : state_at(**tables, settings.document, settings.at);
  if (!update) return fail(update.error());
  const auto content = convert(std::move(*update), settings);
  if (!content) return fail(content.error());
  if (to_terminal) {
    std::cout << printable_lines(as_text(*content)) << std::endl;
    return succeeded;
  }
  if (const auto written = write_file(settings.output, *content); !written) return fail(written.error());
  return succeeded;
}

}  // namespace

void add_export_command(CLI::App& documents, Command& chosen) {
  const auto [command, settings] = add_command<ExportSettings>(
      documents, chosen, "export", "Write a document, as it is or was, to a file", export_document);
  command->add_option("ID", settings->document, "The document")->required();
  command->add_option("--at", settings->at, "As it was then: a time, a date, or so long ago (2h)");
  command->add_option("--format", settings->format, "update, update-v2, json, text or xml")
      ->check(CLI::IsMember({"update", "update-v2", "json", "text", "xml"}))
      ->capture_default_str();
  command->add_option("--root", settings->root, "Of json, text and xml: this root type alone");
  command
      ->add_option(
          "--output", settings->output,
          "The file to write; - is standard output, unless that is a terminal and the format an update")
      ->capture_default_str();
  declare_database_option(*command, settings->database);
  command->footer(export_manual);
}

}  // namespace canvas
