#include "crdt/doc/runs_internal.h"

#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

constexpr std::string_view change_mark = "ychange";

// Whether characters before such an item are a run of their own.
bool ends_run(const Item& item, const Attributes& attributes) {
  switch (item.kind()) {
    case ContentKind::string: return attributes.find(change_mark) != nullptr;
    case ContentKind::format:
    case ContentKind::embed:
    case ContentKind::type: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Run> RunReader::next() {
  Run run;
  for (; at_ != no_item; at_ = doc_.items[at_].right()) {
    const Item& item = doc_.items[at_];
    if (item.is_deleted()) continue;
    if (!run.text.empty() && ends_run(item, attributes_)) return run;
    switch (item.kind()) {
      case ContentKind::string:
        attributes_.erase(change_mark);
        run.text += as_text(item.content());
        break;
      case ContentKind::format: {
        const Attributes::Attribute mark = read_mark(item.content());
        attributes_.apply(mark.name, lib0::normalize_json(mark.json));
        break;
      }
      case ContentKind::embed:
      case ContentKind::type:
        run.item = at_;
        at_ = item.right();
        return run;
      default: break;
    }
  }
  if (run.text.empty()) return std::nullopt;
  return run;
}

}  // namespace canvas::crdt
