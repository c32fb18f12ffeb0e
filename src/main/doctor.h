// canvas-ws doctor.
#pragma once

#include "main/command.h"

namespace canvas {

// After the command serve, whose settings it examines.
void add_doctor_command(CLI::App& app, Command& chosen);

}  // namespace canvas
