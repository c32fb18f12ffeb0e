#include "lib0/value_outline_internal.h"

#include <charconv>
#include <optional>

namespace canvas::lib0 {
namespace {

// The number of a key that is an array index of ECMAScript: 0 to 2^32 - 2 without leading zeros.
std::optional<std::uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || key.front() < '0' || key.front() > '9') return std::nullopt;
  if (key.front() == '0' && key.size() > 1) return std::nullopt;
  std::uint32_t index = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), index);
  if (read.ec != std::errc{} || read.ptr != key.data() + key.size() || index == 0xffffffff) {
    return std::nullopt;
  }
  return index;
}

// A member and where it stands among the others.
struct Placed {
  Member member;
  std::size_t place;
};

// Two keys of a small object are compared each with each; those of a large one are sorted.
constexpr std::size_t small_object = 8;

bool has_duplicates(const std::vector<Member>& members, std::size_t first) {
  const auto begin = members.begin() + static_cast<std::ptrdiff_t>(first);
  if (members.size() - first <= small_object) {
    for (auto at = begin; at != members.end(); ++at) {
      if (std::any_of(begin, at, [&](const Member& other) { return other.key == at->key; })) return true;
    }
    return false;
  }
  std::vector<std::string_view> keys;
  keys.reserve(members.size() - first);
  for (auto at = begin; at != members.end(); ++at) keys.push_back(at->key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

bool has_index(const std::vector<Member>& members, std::size_t first) {
  return std::any_of(members.begin() + static_cast<std::ptrdiff_t>(first), members.end(),
                     [](const Member& member) { return array_index(member.key).has_value(); });
}

// One of each key: in the place of the first, with the value of the last.
std::vector<Placed> without_duplicates(const std::vector<Member>& members, std::size_t first) {
  std::vector<Placed> placed;
  placed.reserve(members.size() - first);
  for (std::size_t i = first; i < members.size(); ++i) placed.push_back({members[i], i});
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.member.key < b.member.key; });
  std::size_t kept = 0;
  for (const Placed& next : placed) {
    if (kept > 0 && placed[kept - 1].member.key == next.member.key) {
      placed[kept - 1].member.value = next.member.value;
    } else {
      placed[kept++] = next;
    }
  }
  placed.resize(kept);
  return placed;
}

bool comes_before(const Placed& a, const Placed& b) {
  const std::optional<std::uint32_t> index_a = array_index(a.member.key);
  const std::optional<std::uint32_t> index_b = array_index(b.member.key);
  if (index_a && index_b) return *index_a < *index_b;
  if (index_a || index_b) return index_a.has_value();
  return a.place < b.place;
}

}  // namespace

void order_members(std::vector<Member>& members, std::size_t first) {
  if (!has_index(members, first) && !has_duplicates(members, first)) return;
  std::vector<Placed> placed = without_duplicates(members, first);
  std::sort(placed.begin(), placed.end(), comes_before);
  members.resize(first);
  for (const Placed& next : placed) members.push_back(next.member);
}

}  // namespace canvas::lib0
