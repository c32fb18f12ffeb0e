// What people see while a bench runs.
#pragma once

#include <atomic>
#include <string>

#include "load/run.h"

namespace canvas {

// On a terminal one line of standard error that is drawn anew; else a line every few seconds. The first
// SIGINT or SIGTERM ends the run early, with its check and its report; the second ends the program.
class BenchProgress : public load::RunListener {
public:
  enum class Announcements {
    none,
    window
  };  // a line on standard error when the measured window begins and ends

  // `title` stands before every line: "", or which part of a preset it is.
  BenchProgress(std::string title, Announcements announcements);
  ~BenchProgress() override;
  BenchProgress(const BenchProgress&) = delete;
  BenchProgress& operator=(const BenchProgress&) = delete;

  void on_progress(const load::World& world, const load::Progress& progress) override;
  void window_begins() override;
  void window_ends() override;
  bool wants_to_stop() override;

private:
  void hide();

  const std::string title_;
  const Announcements announcements_;
  const bool is_on_terminal_;
  bool is_visible_ = false;
  load::Nanoseconds shown_at_ = 0;
  std::uint64_t deliveries_then_ = 0;
};

}  // namespace canvas
