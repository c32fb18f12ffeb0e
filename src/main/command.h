// How a command gets onto the command line: its file declares it, and says what is to be run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace canvas {

// What the user has chosen: set while the command line is read, run when all of it is understood. Gives the
// exit code.
using Command = std::function<int()>;

// Declares a command whose options are bound to the `Settings` that `run` is given.
//
//   const auto [command, settings] = add_command<MigrateSettings>(app, chosen, "migrate", "...", migrate);
template <class Settings, class Run>
std::pair<CLI::App*, std::shared_ptr<Settings>> add_command(CLI::App& parent, Command& chosen,
                                                            const std::string& name,
                                                            const std::string& description, Run run) {
  auto settings = std::make_shared<Settings>();
  CLI::App* const command = parent.add_subcommand(name, description);
  command->callback([settings, run, &chosen] { chosen = [settings, run] { return run(*settings); }; });
  return {command, settings};
}

}  // namespace canvas
