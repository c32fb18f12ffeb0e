// What becomes of a document's log: it is folded into the state, and history that is too old goes.
#pragma once

#include <optional>
#include <string>

#include "store/database.h"

namespace canvas::store {

// A fold that is ready to be done, and what it will have done.
struct PlannedFold {
  Fold fold;
  Compacted compacted;
  bool may_be_more = false;  // of the log, behind the rows of this slice
};

// Reads and merges a slice of the log, so that a long one need not be in memory at once; changes nothing.
// With no rows there is nothing to do. Fails with Errc::malformed when a part is damaged.
Result<PlannedFold> plan_fold(Tables& tables, const std::string& document, const StoreOptions& options,
                              const Merge& merge);

// The same for history from before `now` less what is to be kept.
Result<std::optional<HistoryTrim>> plan_trim(Tables& tables, const std::string& document,
                                             const StoreOptions& options, const Merge& merge, WallTime now);

// Documents that plan_trim has something to say about, `limit` at most.
Result<std::vector<std::string>> find_trims(Tables& tables, const StoreOptions& options, WallTime now,
                                            std::size_t limit);

}  // namespace canvas::store
