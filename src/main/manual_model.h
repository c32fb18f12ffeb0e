// What the command line says of itself, as values that a page can be printed from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace canvas {

struct ManualOption {
  std::string names;        // "--port", "-o,--output", "FILE" for an argument
  std::string value;        // what it takes: "TEXT", "UINT", "{json,text}"; empty for a flag
  std::string environment;  // the variable that it is taken from; may be empty, like the next
  std::string fallback;     // the default
  std::string help;
};

struct ManualGroup {
  std::string title;  // "Options"
  std::vector<ManualOption> options;
};

struct ManualCommand {
  std::string name;       // "document export"
  std::string arguments;  // "ID [FILE]"
  std::string description;
  std::string explanation;            // paragraphs, parted by empty lines
  std::vector<std::string> examples;  // lines
  std::vector<ManualGroup> groups;    // none is empty
};

struct Manual {
  std::string description;
  std::vector<ManualCommand> commands;  // in the order of --help, those with commands of their own left out
};

// All that `app` declares; --help and options of no group are left out.
Manual describe(const CLI::App& app);

// canvas-ws(1) in roff. `version` is the program's.
std::string man_page(const Manual& manual, const std::string& version);

// docs/configuration.md.
std::string configuration_page(const Manual& manual);

}  // namespace canvas
