// All that can be read of a Doc, after hostile updates, as every kind of type whatever it is. Inputs are
// those of fuzz_update; what says how much may wait and how to shuffle is passed over.

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

void check_json(const Result<std::string>& json) {
  FUZZ_CHECK(json ? is_json_text(*json) : json.error().code == Errc::too_large);
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
