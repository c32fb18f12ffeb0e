#include "main/manual_model.h"

#include <string_view>

namespace canvas {
namespace {

constexpr std::string_view examples_heading = "Examples:\n";

std::string value_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};
  std::string value = option.get_type_name();
  // "INT:INT in [0 - 65535]" and "TEXT:{a,b}": the second part says all.
  if (const std::size_t colon = value.find(':'); colon != std::string::npos) {
    const std::string kind = value.substr(0, colon);
    value = value.substr(colon + 1);
    if (value == "POSITIVE" || value == "NONNEGATIVE") value = kind;
  }
  return value;
}

// An argument's name without the dashes that no argument has.
ManualOption describe(const CLI::Option& option) {
  const bool is_argument = option.get_positional();
  ManualOption described;
  described.names = option.get_name(is_argument, !is_argument);
  described.value = value_of(option);
  described.environment = option.get_envname();
  described.fallback = option.get_default_str();
  described.help = option.get_description();
  return described;
}

std::vector<ManualGroup> groups_of(const CLI::App& command) {
  std::vector<ManualGroup> groups;
  for (const std::string& title : command.get_groups()) {
    ManualGroup group{title, {}};
    const auto is_of_group = [&](const CLI::Option* option) {
      return option->get_group() == title && !title.empty() && option != command.get_help_ptr();
    };
    for (const CLI::Option* option : command.get_options(is_of_group)) {
      group.options.push_back(describe(*option));
    }
    if (!group.options.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

std::string arguments_of(const CLI::App& command) {
  std::string arguments;
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* candidate) { return candidate->get_positional(); })) {
    if (!arguments.empty()) arguments += ' ';
    const std::string name = option->get_name(true);
    arguments += option->get_required() ? name : '[' + name + ']';
  }
  return arguments;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

ManualCommand describe_command(const CLI::App& command, std::string name) {
  ManualCommand described;
  described.name = std::move(name);
  described.arguments = arguments_of(command);
  described.description = command.get_description();
  described.groups = groups_of(command);
  const std::string footer = command.get_footer();
  const std::size_t examples = footer.find(examples_heading);
  described.explanation = footer.substr(0, examples);
  while (described.explanation.ends_with('\n')) described.explanation.pop_back();
  if (examples != std::string::npos)
    described.examples = lines_of(std::string_view(footer).substr(examples + examples_heading.size()));
  return described;
}

}  // namespace

Manual describe(const CLI::App& app) {
  const auto all = [](const CLI::App*) { return true; };
  Manual manual{app.get_description(), {}};
  for (const CLI::App* command : app.get_subcommands(all)) {
    const std::vector<const CLI::App*> parts = command->get_subcommands(all);
    if (parts.empty()) manual.commands.push_back(describe_command(*command, command->get_name()));
    for (const CLI::App* part : parts)
      manual.commands.push_back(describe_command(*part, command->get_name() + ' ' + part->get_name()));
  }
  return manual;
}

}  // namespace canvas
