#include "main/manual.h"

#include <iostream>

#include "main/console.h"
#include "main/manual_model.h"

namespace canvas {
namespace {

struct ManualSettings {
  std::string format = "man";
};

}  // namespace

void add_manual_command(CLI::App& app, Command& chosen) {
  const auto [command, settings] = add_command<ManualSettings>(
      app, chosen, "manual", "Print the manual, as a man page or as docs/configuration.md",
      [&app](const ManualSettings& given) {
        const Manual manual = describe(app);
        std::cout << (given.format == "man" ? man_page(manual, CANVAS_VERSION) : configuration_page(manual));
        return succeeded;
      });
  command->add_option("--format", settings->format, "man or markdown")
      ->check(CLI::IsMember({"man", "markdown"}))
      ->capture_default_str();
  command->footer("Examples:\n  canvas-ws manual | man -l -");
}

}  // namespace canvas
