#include "log/line.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/terminal_text.h"
#include "base/time_text.h"

namespace canvas::log {
namespace {

struct LevelStyle {
  std::string_view name;  // in JSON
  std::string_view word;  // for people, all of one width
  std::string_view colour;
};

constexpr std::array<LevelStyle, 4> styles{{{"debug", "DEBUG", "\x1b[36m"},
                                            {"info", "INFO ", "\x1b[32m"},
                                            {"warning", "WARN ", "\x1b[33m"},
                                            {"error", "ERROR", "\x1b[31m"}}};
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";

const LevelStyle& style_of(Level level) {
  return styles[std::min(static_cast<std::size_t>(level), styles.size() - 1)];
}

bool needs_no_quotes(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
  });
}

// Of what is not text.
std::string number_text(const Field::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return std::to_string(*count);
  const double number = std::get<double>(value);
  return std::isfinite(number) ? std::to_string(number) : "null";
}

std::string json_value(const Field::Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text != nullptr ? printable_json_string(*text) : number_text(value);
}

std::string text_value(const Field::Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text == nullptr) return number_text(value);
  return needs_no_quotes(*text) ? std::string(*text) : printable_json_string(*text);
}

// Hands on all fields, those of the entry itself among them.
template <class Take>
void for_each_field(const Entry& entry, Take&& take) {
  for (const Field& field : entry.fields) take(field);
  if (entry.suppressed > 0) take(Field("suppressed", entry.suppressed));
}

}  // namespace

std::string json_line(const Entry& entry) {
  std::string line = R"({"time":")";
  line += format_time(entry.time);
  line += R"(","level":")";
  line += style_of(entry.level).name;
  line += '"';
  const auto append = [&line](const Field& field) {
    line += ',';
    line += printable_json_string(field.key());
    line += ':';
    line += json_value(field.value());
  };
  if (!entry.kind.empty()) append({"kind", entry.kind});
  append({"event", entry.event});
  for_each_field(entry, append);
  line += "}\n";
  return line;
}

std::string text_line(const Entry& entry, Colours colours) {
  const auto code = [colours](std::string_view text) {
    return colours == Colours::ansi ? text : std::string_view();
  };
  const LevelStyle& style = style_of(entry.level);
  std::string line;
  const auto append = [&line](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) line += part;
  };
  append({code(dim), format_time(entry.time), code(plain), " "});
  append({code(style.colour), style.word, code(plain), " "});
  append({code(bold), entry.event, code(plain), " "});
  const auto append_field = [&](const Field& field) {
    append({" ", code(dim), field.key(), "=", code(plain), text_value(field.value())});
  };
  if (!entry.kind.empty()) append_field({"kind", entry.kind});
  for_each_field(entry, append_field);
  line += '\n';
  return line;
}

}  // namespace canvas::log
