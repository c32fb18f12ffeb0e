// Which lines are left out when one event comes again and again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/token_bucket.h"
#include "log/log.h"

namespace canvas::log {

// Lets so many lines of an event through at once and so many a second after that, and counts the others until
// somebody is told. Events are names in our source, so their number is small. The clock is handed in. Not for
// two threads at the same time.
class Sampler {
public:
  using Time = TokenBucket::Time;

  // Of lines that were left out, and of which nobody was told yet.
  struct LeftOut {
    std::string event;
    Level level;  // of the last of them
    std::string_view kind;
    std::uint64_t lines;
  };

  // Takes the place of the default rate (log.h), or of an earlier one.
  void set_rate(std::string_view event, Rate rate);

  // For a line that is to be written: how many of its event were left out before it, which nobody needs to be
  // told again. None: it is to be left out. `kind` lives as long as the sampler.
  std::optional<std::uint64_t> admit(std::string_view event, Level level, std::string_view kind, Time now);

  // What is to be told now.
  std::vector<LeftOut> take_due(Time now);
  std::vector<LeftOut> take_all();

private:
  struct Sample {
    TokenBucket bucket;
    Level level = Level::info;
    std::string_view kind{};
    std::uint64_t left_out = 0;
  };

  std::map<std::string, Sample, std::less<>> samples_;
};

}  // namespace canvas::log
