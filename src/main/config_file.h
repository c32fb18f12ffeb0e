// The file of settings that a command can be given.
#pragma once

#include <CLI/CLI.hpp>

namespace canvas {

// Declares `--config FILE`: TOML whose keys are the long names of the options of `owner`, without a section
// or in one that is named like it. The command line and the environment go before the file. A key that is no
// option, and a file that cannot be read, are errors of the command line. A command that is not the owner
// passes over what it does not have itself. To be declared before all other options. `owner` lives as long as
// the command.
void declare_config_file(CLI::App& command, const CLI::App& owner);

}  // namespace canvas
