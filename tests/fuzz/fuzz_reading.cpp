// All that can be read of a Doc, after hostile updates, as every kind of type whatever it is. Inputs are
// those of fuzz_update; what says how much may wait and how to shuffle is passed over.

#include <algorithm>

#include "base/json_text.h"
#include "base/utf8.h"
#include "check.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/read.h"
#include "history.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

constexpr std::size_t max_updates = 64;
constexpr ReadLimits limits{1u << 20};

constexpr TypeKind kinds[] = {TypeKind::array,       TypeKind::map,          TypeKind::text,
                              TypeKind::xml_element, TypeKind::xml_fragment, TypeKind::xml_hook,
                              TypeKind::xml_text};

void check_text(const Result<std::string>& text) {
  FUZZ_CHECK(text ? is_valid_utf8(*text) : text.error().code == Errc::too_large);
}

// How many containers are inside one another at most, in JSON that closes what it opens.
std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\') ++i;
    if (c == '"') in_string = !in_string;
    if (in_string) continue;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') FUZZ_CHECK(depth-- > 0);
  }
  FUZZ_CHECK(depth == 0 && !in_string);
  return deepest;
}

// What is_json_text counts as too deep, a document may hold: types in types, and values in those.
void check_json(const Result<std::string>& json) {
  check_text(json);
  if (json && depth_of(*json) <= max_json_depth) FUZZ_CHECK(is_json_text(*json));
}

// As every kind, whatever it is.
void check_reading(const Doc& doc) {
  check_json(to_json(doc, limits));
  for (const std::string_view name : root_names(doc)) {
    const std::optional<TypeIndex> root = find_root(doc, name);
    if (!root) continue;
    for (const TypeKind kind : kinds) {
      check_json(to_json(doc, *root, kind, limits));
      check_text(to_xml(doc, *root, kind, limits));
    }
    check_text(to_text(doc, *root, limits));
    check_json(to_delta(doc, *root, limits));
  }
}

std::vector<Bytes> read_input(BytesView bytes) {
  fuzz::Choices choices(bytes);
  const std::uint64_t flags = choices.below(256);
  choices.take(2);
  if ((flags & 1) != 0) return fuzz::make_history(choices);
  std::vector<Bytes> updates;
  while (!choices.empty() && updates.size() < max_updates) {
    const std::uint64_t length = choices.below(256) << 8 | choices.below(256);
    updates.push_back(to_bytes(choices.take(length)));
  }
  return updates;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Bytes> updates = read_input({data, size});
  for (const Doc::Deleted deleted : {Doc::Deleted::collect, Doc::Deleted::keep}) {
    Doc doc({.deleted = deleted});
    // What is refused leaves the document as it was, and that is read.
    for (const Bytes& update : updates) static_cast<void>(doc.apply(update));
    check_reading(doc);
  }
  return 0;
}
