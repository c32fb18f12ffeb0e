#include "edit_script.h"

#include <array>

namespace canvas::fuzz {
namespace {

using namespace crdt;

constexpr std::array<std::string_view, 4> keys{"a", "b", "", "10"};
constexpr std::array<std::string_view, 5> inserted{"a", "hello", "\xf0\x9f\x98\x80", "x\xf0\x9f\x98\x80y",
                                                   "\xe2\x82\xac"};
constexpr std::array<std::string_view, 4> attributes{R"({"b":true})", R"({"b":null})",
                                                     R"({"i":{"x":1},"b":2})", "{}"};
constexpr std::array<std::string_view, 4> values{"1", R"({"k":[1,"x"]})", "null", R"("text")"};

std::string_view pick(Choices& choices, const auto& from) {
  return from[choices.below(from.size())];
}

Value some_value(Choices& choices) {
  const std::uint64_t what = choices.below(12);
  if (what < 7) return NewType{TypeKind{static_cast<std::uint8_t>(what)}, what == 3 || what == 5 ? "N" : ""};
  if (what == 7) return BinaryValue{as_bytes("\x01\x02")};
  if (what == 8) return SubDocument{"guid"};
  return JsonValue{pick(choices, values)};
}

// A type below this one, or itself.
TypeIndex go_down(const Edit& edit, TypeIndex type, Choices& choices) {
  for (std::uint64_t depth = choices.below(4); depth > 0; --depth) {
    const Result<TypeIndex> child = choices.below(2) == 0 ? edit.type_of_key(type, pick(choices, keys))
                                                          : edit.type_at(type, choices.below(6));
    if (child) type = *child;
  }
  return type;
}

}  // namespace

Roots open_roots(Edit& edit) {
  return {edit.root("map", TypeKind::map).value(), edit.root("array", TypeKind::array).value(),
          edit.root("text", TypeKind::text).value(), edit.root("xml", TypeKind::xml_fragment).value()};
}

// What the type does not take is refused, and that is fine.
void edit_some(Edit& edit, Choices& choices) {
  const Roots roots = open_roots(edit);
  const std::array<TypeIndex, 4> all{roots.map, roots.array, roots.text, roots.xml};
  const TypeIndex type = go_down(edit, all[choices.below(all.size())], choices);
  const std::uint64_t what = choices.below(8);
  const std::uint64_t index = choices.below(40);
  const std::uint64_t length = choices.below(12);
  switch (what) {
    case 0: static_cast<void>(edit.set(type, pick(choices, keys), some_value(choices))); return;
    case 1: static_cast<void>(edit.unset(type, pick(choices, keys))); return;
    case 2: {
      const std::array<Value, 2> some{some_value(choices), some_value(choices)};
      static_cast<void>(edit.insert(type, index, std::span(some).first(1 + length % 2)));
      return;
    }
    case 3: static_cast<void>(edit.remove(type, index, length)); return;
    case 4:
    case 5:
      static_cast<void>(
          edit.insert_text(type, index, pick(choices, inserted),
                           what == 4 ? std::nullopt : std::optional(pick(choices, attributes))));
      return;
    case 6: static_cast<void>(edit.remove_text(type, index, length)); return;
    default:
      if (length == 0) {
        static_cast<void>(edit.insert_embed(type, index, JsonValue{"{\"e\":1}"}, pick(choices, attributes)));
      } else {
        static_cast<void>(edit.format(type, index, length, pick(choices, attributes)));
      }
  }
}

}  // namespace canvas::fuzz
