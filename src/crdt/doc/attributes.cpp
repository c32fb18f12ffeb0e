#include "crdt/doc/attributes.h"

#include <algorithm>

#include "lib0/reader.h"

namespace canvas::crdt {

const std::string* Attributes::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second.json;
}

void Attributes::set(std::string_view name, std::string_view json) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) {
    found->second.json = json;
  } else {
    by_name_.emplace(std::string(name), Value{std::string(json), next_++});
  }
}

void Attributes::erase(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) by_name_.erase(found);
}

void Attributes::apply(std::string_view name, std::string_view json) {
  if (is_json_null(json)) {
    erase(name);
  } else {
    set(name, json);
  }
}

std::vector<Attributes::Attribute> Attributes::in_order() const {
  std::vector<const decltype(by_name_)::value_type*> entries;
  entries.reserve(by_name_.size());
  for (const auto& entry : by_name_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->second.order < b->second.order; });
  std::vector<Attribute> attributes;
  attributes.reserve(entries.size());
  for (const auto* entry : entries) attributes.push_back({entry->first, entry->second.json});
  return attributes;
}

Attributes::Attribute read_mark(BytesView content) {
  lib0::Reader in(content);
  const std::string_view name = in.read_var_string();
  return {name, in.read_var_string()};
}

bool is_json_null(std::string_view json) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t begin = json.find_first_not_of(space);
  if (begin == std::string_view::npos) return false;
  return json.substr(begin, json.find_last_not_of(space) + 1 - begin) == "null";
}

}  // namespace canvas::crdt
