// The file of settings that a command can be given.
#pragma once

#include <CLI/CLI.hpp>

namespace canvas {

// Declares `--config FILE`: TOML whose keys are the long names of the command's options, without a section or
// in one that is named like the command. The command line and the environment go before the file. A key that
// is no option, and a file that cannot be read, are errors of the command line. To be declared before all
// other options.
void declare_config_file(CLI::App& command);

}  // namespace canvas
