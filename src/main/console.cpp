#include "main/console.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>

#include "base/terminal_text.h"

namespace canvas {

int fail(const Error& error) {
  say(error.message);
  return error.code == Errc::invalid_use ? misused : failed;
}

void say(std::string_view message) {
  std::cout.flush();
  std::cerr << "canvas-ws: " << printable_lines(message) << "\n";
}

std::string document_text(std::string_view name) {
  return "document '" + printable(name) + "'";
}

std::string count_text(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string size_text(std::size_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would be printed as 1024.0 is one of the next unit.
  while (size >= 1023.95 && unit + 1 < units.size()) {
    size /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", size, units[unit]);
  return text.data();
}

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1;
}

Progress::Progress(std::string_view doing, std::size_t total)
    : doing_(doing), total_(total), shows_(is_terminal(STDERR_FILENO)) {}

Progress::~Progress() {
  hide();
}

void Progress::step() {
  ++done_;
  if (!shows_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - shown_at_ < std::chrono::milliseconds(100)) return;
  shown_at_ = now;
  is_visible_ = true;
  std::cerr << "\r\x1b[K" << doing_ << " " << done_ << " of " << total_ << std::flush;
}

void Progress::hide() {
  if (!is_visible_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  is_visible_ = false;
}

}  // namespace canvas
