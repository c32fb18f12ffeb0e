// The acceptance load: what a server for teams on diagrams must stand.
#pragma once

#include <string>
#include <vector>

#include "load/run.h"

namespace canvas::load {

enum class Verdict { passed, failed, not_measured };

struct Check {
  std::string name;
  Verdict verdict;
  std::string found;  // with the bound
};

// One run of the load, and what is looked at when it is over.
struct Stage {
  std::string name;
  Plan plan;
};

// `base` says how to get in, and which protocol; the rest is the preset's.
std::vector<Stage> acceptance_stages(const Plan& base);

// A stage that has run; `result` is the error where nobody got in.
struct StageOutcome {
  const World* world;
  Result<RunResult> result;
};

// The outcomes are those of all stages, in their order.
std::vector<Check> judge_acceptance(const std::vector<StageOutcome>& outcomes);

// PASS, FAIL or "not measured" line by line, then a summary.
std::string describe(const std::vector<Check>& checks);
std::string to_json(const std::vector<Check>& checks);

// Nothing has failed.
bool has_passed(const std::vector<Check>& checks);

}  // namespace canvas::load
