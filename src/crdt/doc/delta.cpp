#include "crdt/doc/reading_internal.h"
#include "crdt/doc/runs_internal.h"
#include "crdt/doc/script_values_internal.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

void append_insert(const DocState& doc, const Run& run, std::size_t max_bytes, std::string& out) {
  if (run.item == no_item) return lib0::append_json_text(out, run.text);
  const Item& item = doc.items[run.item];
  if (item.kind() == ContentKind::embed) {
    out += lib0::normalize_json(as_text(item.content()));
  } else {
    append_json(doc, item.type(), doc.types[item.type()].kind, max_bytes, out);
  }
}

void append_attributes(const Attributes& attributes, std::string& out) {
  std::vector<Attributes::Attribute> ordered = attributes.in_order();
  order_keys(ordered, [](const Attributes::Attribute& attribute) { return attribute.name; });
  out += '{';
  bool is_first = true;
  for (const auto& [name, json] : ordered) {
    if (name == prototype_key) continue;
    if (!is_first) out += ',';
    is_first = false;
    lib0::append_json_text(out, name);
    out += ':';
    out += json;
  }
  out += '}';
}

}  // namespace

Result<std::string> to_delta(const Doc& doc, TypeIndex type, const ReadLimits& limits) {
  std::string out = "[";
  RunReader runs(doc.state(), type);
  while (const std::optional<Run> run = runs.next()) {
    if (out.size() > limits.max_bytes) break;
    if (out.size() > 1) out += ',';
    out += R"({"insert":)";
    append_insert(doc.state(), *run, limits.max_bytes, out);
    if (!runs.attributes().empty()) {
      out += R"(,"attributes":)";
      append_attributes(runs.attributes(), out);
    }
    out += '}';
  }
  out += ']';
  return within(std::move(out), limits.max_bytes);
}

}  // namespace canvas::crdt
