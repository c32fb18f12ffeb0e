// canvas-ws migrate: makes the tables, or brings them up to date.
#pragma once

#include "main/command.h"

namespace canvas {

void add_migrate_command(CLI::App& app, Command& chosen);

}  // namespace canvas
