// canvas-ws bench.
#pragma once

#include "main/command.h"

namespace canvas {

void add_bench_command(CLI::App& app, Command& chosen);

}  // namespace canvas
