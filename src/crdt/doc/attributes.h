// The attributes that are in force at a place in a text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace canvas::crdt {

// Names and JSON values, in the order of a JavaScript Map: a name that is set again keeps its place, one that
// was erased comes last when it is back. O(log n). A value.
class Attributes {
public:
  struct Attribute {
    std::string_view name;
    std::string_view json;
  };

  bool empty() const { return by_name_.empty(); }
  std::size_t size() const { return by_name_.size(); }

  // Null when it is not there. Valid until it is changed.
  const std::string* find(std::string_view name) const;
  void set(std::string_view name, std::string_view json);
  void erase(std::string_view name);

  // What a format mark does: null ends an attribute, all else sets it.
  void apply(std::string_view name, std::string_view json);

  // n log n. Valid until one is changed.
  std::vector<Attribute> in_order() const;

private:
  struct Value {
    std::string json;
    std::uint64_t order;
  };
  std::map<std::string, Value, std::less<>> by_name_;
  std::uint64_t next_ = 0;
};

// What a block of kind `format` says, as content.h has it.
Attributes::Attribute read_mark(BytesView content);

// Whether `json` is null, with or without space around it.
bool is_json_null(std::string_view json);

}  // namespace canvas::crdt
