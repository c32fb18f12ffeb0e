#include "crdt/delete_set.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace canvas::crdt {
namespace {

// So many are added one by one: cheaper than to go through all there are.
constexpr std::size_t few_ranges = 4;

}  // namespace

void DeleteSet::add(ClientId client, ClockRange range) {
  assert(range.length > 0);
  Ranges& ranges = clients_[client];
  const auto first = std::lower_bound(ranges.begin(), ranges.end(), range.clock,
                                      [](const ClockRange& a, Clock clock) { return a.end() < clock; });
  auto last = first;
  Clock begin = range.clock;
  Clock end = range.end();
  for (; last != ranges.end() && last->clock <= end; ++last) {
    begin = std::min(begin, last->clock);
    end = std::max(end, last->end());
  }
  if (first == last) {
    ranges.insert(first, range);
    ++range_count_;
    return;
  }
  *first = {begin, end - begin};
  range_count_ -= static_cast<std::size_t>(last - first) - 1;
  ranges.erase(first + 1, last);
}

void DeleteSet::add_client(ClientId client, Ranges ranges) {
  if (ranges.empty()) return;
  range_count_ += ranges.size();
  const bool is_new = clients_.emplace(client, std::move(ranges)).second;
  assert(is_new);
  (void)is_new;
}

void DeleteSet::merge(const DeleteSet& other) {
  for (const auto& [client, added] : other.clients_) {
    Ranges& ranges = clients_[client];
    if (added.size() <= few_ranges) {
      for (const ClockRange& range : added) add(client, range);
      continue;
    }
    Ranges sorted;
    sorted.reserve(ranges.size() + added.size());
    std::merge(ranges.begin(), ranges.end(), added.begin(), added.end(), std::back_inserter(sorted),
               [](const ClockRange& a, const ClockRange& b) { return a.clock < b.clock; });
    range_count_ -= ranges.size();
    ranges.clear();
    for (const ClockRange& range : sorted) add(client, range);
  }
}

bool DeleteSet::covers(ClientId client, ClockRange range) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return false;
  const Ranges& ranges = found->second;
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), range.clock,
                                      [](Clock clock, const ClockRange& a) { return clock < a.clock; });
  return after != ranges.begin() && range.end() <= std::prev(after)->end();
}

DeleteSet::Ranges DeleteSet::take_below(ClientId client, Clock clock) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  Ranges& ranges = found->second;
  const auto keep = std::lower_bound(ranges.begin(), ranges.end(), clock,
                                     [](const ClockRange& a, Clock limit) { return a.end() <= limit; });
  Ranges taken(ranges.begin(), keep);
  if (keep != ranges.end() && keep->clock < clock) {
    taken.push_back({keep->clock, clock - keep->clock});
    *keep = {clock, keep->end() - clock};
  }
  range_count_ -= static_cast<std::size_t>(keep - ranges.begin());
  ranges.erase(ranges.begin(), keep);
  if (ranges.empty()) clients_.erase(found);
  return taken;
}

void DeleteSet::write(lib0::Writer& out) const {
  out.write_var_uint(clients_.size());
  for (const auto& [client, ranges] : clients_) {
    out.write_var_uint(value_of(client));
    out.write_var_uint(ranges.size());
    for (const ClockRange& range : ranges) {
      out.write_var_uint(range.clock);
      out.write_var_uint(range.length);
    }
  }
}

}  // namespace canvas::crdt
