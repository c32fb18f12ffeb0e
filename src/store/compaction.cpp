#include "store/compaction.h"

#include <algorithm>

#include "base/time_text.h"

namespace canvas::store {
namespace {

Error damaged(const std::string& document, const Damage& damage) {
  return malformed("\"" + document + "\": " + damage.where() + " is damaged (" + damage.reason +
                   "): nothing is overwritten; see canvas-ws document verify");
}

bool keeps_history(const StoreOptions& options) {
  return options.history.count() > 0;
}

// What is kept may go up to here; none: all of it.
std::optional<WallTime> horizon(const StoreOptions& options, WallTime now) {
  if (!keeps_history(options)) return std::nullopt;
  return now - options.history;
}

// What a fold takes of the log at a time.
constexpr std::size_t slice_bytes = 8u << 20;

Error changed_meanwhile(const std::string& document) {
  return {Errc::unavailable, "\"" + document + "\" was changed by another process meanwhile"};
}

}  // namespace

Result<PlannedFold> plan_fold(Tables& tables, const std::string& document, const StoreOptions& options,
                              const Merge& merge) {
  Result<StoredRows> rows = tables.read_slice(document, slice_bytes);
  if (!rows) return rows.error();
  const StoredDocument& stored = rows->document;
  if (!stored.damages.empty()) return damaged(document, stored.damages.front());
  PlannedFold planned{{document, std::move(rows->version), {}, {}, keeps_history(options)},
                      {stored.updates.size(), stored.log_bytes(), stored.state.size()},
                      stored.log_bytes() >= slice_bytes};
  if (stored.updates.empty()) return planned;
  std::vector<BytesView> parts;
  if (!stored.state.empty()) parts.emplace_back(stored.state);
  for (const StoredUpdate& update : stored.updates) {
    parts.emplace_back(update.bytes);
    planned.fold.rows.push_back(update.row);
  }
  Result<Bytes> merged = merge(parts);
  if (!merged) return merged.error();
  planned.compacted.state_bytes = merged->size();
  planned.fold.state = std::move(*merged);
  return planned;
}

// Only folded rows go: the others are part of the present. Rows go in the order of their times, so that the
// base stays the document of one moment.
Result<std::optional<HistoryTrim>> plan_trim(Tables& tables, const std::string& document,
                                             const StoreOptions& options, const Merge& merge, WallTime now) {
  if (!keeps_history(options)) return std::optional(HistoryTrim{document, {}, std::nullopt, {}});
  Result<History> history = tables.read_history(document, now - options.history);
  if (!history) return history.error();
  if (!history->damages.empty()) return damaged(document, history->damages.front());
  HistoryTrim trim{document, {}, std::nullopt, history->base_time};
  std::vector<BytesView> parts;
  if (!history->base.empty()) parts.emplace_back(history->base);
  for (const HistoryRow& row : history->rows) {
    if (!row.is_folded) break;
    trim.rows.push_back(row.row);
    trim.base_time = std::max(trim.base_time, row.time);
    parts.emplace_back(row.update);
  }
  if (trim.rows.empty()) return std::optional<HistoryTrim>();
  Result<Bytes> merged = merge(parts);
  if (!merged) return merged.error();
  trim.base = std::move(*merged);
  return std::optional<HistoryTrim>(std::move(trim));
}

Result<std::vector<std::string>> find_trims(Tables& tables, const StoreOptions& options, WallTime now,
                                            std::size_t limit) {
  return tables.find_history(horizon(options, now), limit);
}

Result<Compacted> compact_document(Tables& tables, const std::string& document, const StoreOptions& options,
                                   const Merge& merge, WallTime now) {
  Compacted compacted{};
  for (bool may_be_more = true; may_be_more;) {
    const Result<PlannedFold> planned = plan_fold(tables, document, options, merge);
    if (!planned) return planned.error();
    compacted += planned->compacted;
    may_be_more = planned->may_be_more;
    if (planned->fold.rows.empty()) break;
    const Result<bool> folded = tables.fold(planned->fold);
    if (!folded) return folded.error();
    if (!*folded) return changed_meanwhile(document);
  }
  const Result<std::optional<HistoryTrim>> trim = plan_trim(tables, document, options, merge, now);
  if (!trim) return trim.error();
  if (*trim) {
    const Result<bool> trimmed = tables.trim(**trim);
    if (!trimmed) return trimmed.error();
    if (!*trimmed) return changed_meanwhile(document);
  }
  return compacted;
}

Result<Bytes> document_at(Tables& tables, const std::string& document, WallTime time, const Merge& merge) {
  Result<History> history = tables.read_history(document, time);
  if (!history) return history.error();
  if (time < history->base_time) {
    return Error{Errc::not_found, "what is kept of \"" + document + "\" goes back to " +
                                      format_time(history->base_time) + ", not to " + format_time(time)};
  }
  if (!history->damages.empty()) return damaged(document, history->damages.front());
  std::vector<BytesView> parts;
  if (!history->base.empty()) parts.emplace_back(history->base);
  for (const HistoryRow& row : history->rows) parts.emplace_back(row.update);
  return merge(parts);
}

}  // namespace canvas::store
