#include <algorithm>
#include <string_view>

#include "main/manual_model.h"

namespace canvas {
namespace {

constexpr const char* beginning =
    R"(<!-- Made by scripts/write_configuration.sh from the options themselves: do not edit. -->
# Configuration

Each setting of `canvas-ws serve` can be said in three ways. The first that says it counts:

1. the command line: `--port 3001`
2. the environment: `WS_PORT=3001`, where the table names a variable. The names are those of the Node server that canvas-ws replaces
3. the TOML file of `--config FILE`: `port = 3001`, at the top or under `[serve]`. Its keys are the long names of the options; an unknown one is refused

`canvas-ws doctor` takes the same settings, and says what is wrong with them. `man canvas-ws` has this page too.

```toml
# canvas-ws serve --config canvas-ws.toml
host = "0.0.0.0"
port = 3001
base-url = "https://draw.example.com"
history = "7d"
max-connections-per-user = 100
trusted-proxies = "127.0.0.0/8, 10.0.0.0/8"
```

These are variables without an option:

| environment | meaning |
|---|---|
| `BETTER_AUTH_SECRETS`, `BETTER_AUTH_SECRET`, `AUTH_SECRET` | the secret of Better Auth: the first of these that is there, unless `--secret-file` names a file |
| `WS_ENABLE_UPDATE_LOG` | `true`: `--history` is 7d by default |
| `PGPASSWORD`, `PGSSLMODE` and the others of libpq | what the URL of a PostgreSQL database does not say |
| `NODE_ENV` | not read: nothing depends on it |
)";

// Fit for a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : '`' + cell(text) + '`';
}

void append_table(std::string& out, const ManualGroup& group) {
  const auto has = [&](std::string ManualOption::*part) {
    return std::any_of(group.options.begin(), group.options.end(),
                       [part](const ManualOption& option) { return !(option.*part).empty(); });
  };
  const bool has_environment = has(&ManualOption::environment);
  const bool has_fallback = has(&ManualOption::fallback);
  out += "\n| option | ";
  if (has_environment) out += "environment | ";
  if (has_fallback) out += "default | ";
  out += "meaning |\n|---|";
  if (has_environment) out += "---|";
  if (has_fallback) out += "---|";
  out += "---|\n";
  for (const ManualOption& option : group.options) {
    out += "| " + code(option.value.empty() ? option.names : option.names + ' ' + option.value) + " | ";
    if (has_environment) out += code(option.environment) + " | ";
    if (has_fallback) out += code(option.fallback) + " | ";
    out += cell(option.help) + " |\n";
  }
}

void append_section(std::string& out, const ManualCommand& command) {
  out += "\n## canvas-ws " + command.name + "\n\n" + command.description + ".\n";
  if (!command.explanation.empty()) out += '\n' + command.explanation + '\n';
  for (const ManualGroup& group : command.groups) {
    if (group.title != "Options") out += "\n### " + group.title + '\n';
    append_table(out, group);
  }
  if (command.examples.empty()) return;
  out += "\n```\n";
  for (const std::string& line : command.examples) out += line + '\n';
  out += "```\n";
}

}  // namespace

std::string configuration_page(const Manual& manual) {
  std::string out = beginning;
  for (const ManualCommand& command : manual.commands) append_section(out, command);
  return out;
}

}  // namespace canvas
