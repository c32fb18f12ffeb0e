#include "main/config_file.h"

#include <string>
#include <utility>

namespace canvas {
namespace {

bool opens_or_closes_section(const CLI::ConfigItem& item) {
  return item.name == "++" || item.name == "--";
}

CLI::ConfigError refused(const std::string& path, const std::string& key, const std::string& why) {
  return {path + ": " + key + " " + why, CLI::ExitCodes::ConfigError};
}

void take(CLI::App& command, const CLI::App& owner, const std::string& path, const CLI::ConfigItem& item) {
  const bool is_ours =
      item.parents.empty() || (item.parents.size() == 1 && item.parents.front() == owner.get_name());
  const CLI::Option* const declared = is_ours ? owner.get_option_no_throw("--" + item.name) : nullptr;
  if (declared == nullptr) {
    throw refused(path, item.fullname(),
                  "is no option of canvas-ws " + owner.get_name() + ": see its --help for their names");
  }
  if (!declared->get_configurable()) throw refused(path, item.fullname(), "cannot be set in a file");
  CLI::Option* const option = command.get_option_no_throw("--" + item.name);
  if (option == nullptr || option->count() > 0) return;
  if (option->get_expected_min() == 0) {
    option->add_result(option->get_flag_value(item.name, CLI::ConfigTOML().to_flag(item)));
  } else {
    option->add_result(item.inputs);
  }
}

}  // namespace

void declare_config_file(CLI::App& command, const CLI::App& owner) {
  // CLI11 2.1 reads the file of set_config() for the program as a whole only, never for a subcommand. A
  // callback runs after the environment was read, and those of the options declared later after it.
  command
      .add_option_function<std::string>(
          "--config",
          [&command, &owner](const std::string& path) {
            for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
              if (!opens_or_closes_section(item)) take(command, owner, path, item);
            }
          },
          "Read options from a TOML file, by their long names: port = 3001. What is on the command line or "
          "in "
          "the environment goes before it")
      ->type_name("FILE")
      ->configurable(false);
}

}  // namespace canvas
