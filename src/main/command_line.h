// The command line: which commands there are.
#pragma once

#include "main/serve.h"

namespace canvas {

// The whole program: understands the command line and does what it says. Gives the exit code (console.h).
// `open` is open_store but for tests.
int run_command_line(int argc, const char* const* argv, const OpenStore& open);

}  // namespace canvas
