// What commands say to people, and how they end. Standard output has what was asked for, standard error the
// rest.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas {

// Exit codes.
inline constexpr int succeeded = 0;
inline constexpr int failed = 1;
inline constexpr int misused = 2;  // the command line or a setting makes no sense

// Prints "canvas-ws: MESSAGE" on standard error; gives the exit code that fits: misused for
// Errc::invalid_use, else failed.
int fail(const Error& error);

// The same without ending anything.
void say(std::string_view message);

// "document 'NAME'", fit for a terminal.
std::string document_text(std::string_view name);

// "1 row", "2 rows".
std::string count_text(std::size_t count, std::string_view noun);

// "17 B", "1.2 KiB", ...
std::string size_text(std::size_t bytes);

bool is_terminal(int descriptor);

// A line on standard error that says how far long work is, while that is a terminal; else nothing. Destroyed,
// the line is gone.
class Progress {
public:
  // `doing`: "verifying".
  Progress(std::string_view doing, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // One more is done.
  void step();
  // Takes the line away until the next step: something else is to be printed.
  void hide();

private:
  const std::string doing_;
  const std::size_t total_;
  const bool shows_;
  std::size_t done_ = 0;
  bool is_visible_ = false;
  std::chrono::steady_clock::time_point shown_at_{};
};

}  // namespace canvas
