#include <string_view>

#include "main/manual_model.h"

namespace canvas {
namespace {

// Text as roff reads it: a backslash begins an escape, a hyphen that is meant to be copied is \-, and a dot
// or an apostrophe at the beginning of a line makes a request of it.
std::string roff(std::string_view text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    at_line_start = c == '\n';
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void append_paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out += ".PP\n" + roff(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 2, text.size()));
  }
}

void append_option(std::string& out, const ManualOption& option) {
  out += ".TP\n.B " + roff(option.names);
  if (!option.value.empty()) out += " \\fI" + roff(option.value) + "\\fR";
  out += '\n' + roff(option.help) + '\n';
  if (!option.fallback.empty()) out += "Default:\n.BR \"" + roff(option.fallback) + "\" .\n";
  if (!option.environment.empty()) out += "Environment:\n.BR " + roff(option.environment) + " .\n";
}

void append_command(std::string& out, const ManualCommand& command) {
  out += ".SH \"" + roff(upper(command.name)) + "\"\n";
  out += ".B canvas\\-ws " + roff(command.name) + " \\fR[\\fIoptions\\fR] \\fI" + roff(command.arguments) +
         "\\fR\n";
  append_paragraphs(out, command.description + '.');
  append_paragraphs(out, command.explanation);
  for (const ManualGroup& group : command.groups) {
    out += ".SS \"" + roff(group.title) + "\"\n";
    for (const ManualOption& option : group.options) append_option(out, option);
  }
  if (command.examples.empty()) return;
  out += ".SS Examples\n.EX\n";
  for (const std::string& line : command.examples) out += roff(line) + '\n';
  out += ".EE\n";
}

constexpr const char* ending = R"(.SH ENVIRONMENT
What an option is taken from stands with the option. Besides:
.TP
.BR BETTER_AUTH_SECRETS ", " BETTER_AUTH_SECRET ", " AUTH_SECRET
The secret of Better Auth, the first of these that is there.
.TP
.B WS_ENABLE_UPDATE_LOG
Where it is true, \-\-history is 7d by default.
.TP
.BR PGPASSWORD ", " PGSSLMODE " and the other variables of libpq"
What the URL of a PostgreSQL database does not say.
.SH FILES
.TP
.I /etc/canvas\-ws/canvas\-ws.toml
What the systemd unit gives to serve \-\-config.
.TP
.I /etc/canvas\-ws/canvas\-ws.env
The environment of the unit: secrets.
.TP
.I /var/lib/canvas\-ws
Where the unit keeps documents, as long as there is no other database.
.SH "EXIT STATUS"
.TP
.B 0
Done.
.TP
.B 1
Failed.
.TP
.B 2
The command line or a setting makes no sense.
.SH "SEE ALSO"
.BR nginx (8),
.BR psql (1),
.BR systemd (1)
)";

}  // namespace

std::string man_page(const Manual& manual, const std::string& version) {
  std::string out = ".TH CANVAS\\-WS 1 \"\" \"canvas\\-ws " + roff(version) + "\" \"User Commands\"\n";
  out += ".SH NAME\ncanvas\\-ws \\- real\\-time collaboration server for Yjs documents\n";
  out += ".SH SYNOPSIS\n.B canvas\\-ws\n.I command\n[\\fIoptions\\fR]\n";
  out += ".SH DESCRIPTION\n" + roff(manual.description) + ".\n.SH COMMANDS\n";
  for (const ManualCommand& command : manual.commands)
    out += ".TP\n.B " + roff(command.name) + '\n' + roff(command.description) + ".\n";
  for (const ManualCommand& command : manual.commands) append_command(out, command);
  return out + ending;
}

}  // namespace canvas
