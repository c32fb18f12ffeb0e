#include "main/command_line.h"

#include <iostream>

#include "main/bench.h"
#include "main/command.h"
#include "main/console.h"
#include "main/doctor.h"
#include "main/document.h"
#include "main/manual.h"
#include "main/migrate.h"

namespace canvas {

int run_command_line(int argc, const char* const* argv, const OpenStore& open) {
  CLI::App app(
      "canvas-ws: a real-time collaboration server for Yjs documents (Hocuspocus and y-websocket clients)");
  app.set_version_flag("--version", std::string("canvas-ws ") + CANVAS_VERSION);
  app.footer("Exit codes: 0 done, 1 failed, 2 the command line or a setting makes no sense.");
  Command chosen;
  add_serve_command(app, chosen, open);
  add_migrate_command(app, chosen);
  add_doctor_command(app, chosen);
  add_document_commands(app, chosen);
  add_bench_command(app, chosen);
  add_manual_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version end with 0.
    return app.exit(error) == 0 ? succeeded : misused;
  }
  if (!chosen) {
    return fail({Errc::invalid_use,
                 "say what to do: canvas-ws --help lists the commands, canvas-ws document --help those for "
                 "documents"});
  }
  try {
    const int code = chosen();
    std::cout.flush();
    return std::cout || code != succeeded
               ? code
               : fail({Errc::io, "standard output could not be written: is the disk full?"});
  } catch (const std::exception& error) {
    return fail({Errc::io, error.what()});
  }
}

}  // namespace canvas
