// canvas-ws doctor.
#pragma once

#include "main/command.h"

namespace canvas {

void add_doctor_command(CLI::App& app, Command& chosen);

}  // namespace canvas
