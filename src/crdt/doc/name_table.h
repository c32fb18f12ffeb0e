// Names of root types and keys of maps, each kept once.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/seeded_hash.h"
#include "crdt/doc/reference.h"

namespace canvas::crdt {

// Numbers names in the order in which they come. Only grows.
class NameTable {
public:
  NameIndex intern(std::string_view name) {
    if (const auto found = indexes_.find(name); found != indexes_.end()) return found->second;
    const auto index = static_cast<NameIndex>(names_.size());
    names_.emplace_back(name);
    bytes_ += name.size();
    indexes_.emplace(names_.back(), index);
    return index;
  }

  // Without making it known.
  std::optional<NameIndex> find(std::string_view name) const {
    const auto found = indexes_.find(name);
    return found == indexes_.end() ? std::nullopt : std::optional(found->second);
  }

  // Valid as long as the table.
  std::string_view name(NameIndex index) const { return names_[index]; }

  std::size_t memory_bytes() const {
    return bytes_ + names_.size() * (sizeof(std::string) + 2 * sizeof(std::string_view));
  }

private:
  std::deque<std::string> names_;  // never moves a name, so the keys below stay valid
  boost::unordered_flat_map<std::string_view, NameIndex, SeededHash, std::equal_to<>> indexes_;
  std::size_t bytes_ = 0;
};

}  // namespace canvas::crdt
