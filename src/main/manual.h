// canvas-ws manual: the man page and docs/configuration.md, made from the options as they are declared.
#pragma once

#include "main/command.h"

namespace canvas {

// It prints what `app` has when it runs.
void add_manual_command(CLI::App& app, Command& chosen);

}  // namespace canvas
