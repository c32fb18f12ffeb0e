// The edits of arrays and of the children of XML types.

#include <algorithm>

#include "crdt/doc/edit_work_internal.h"

namespace canvas::crdt {
namespace {

bool is_xml_type(const Value& value) {
  const auto* type = std::get_if<NewType>(&value);
  return type != nullptr && (type->kind == TypeKind::xml_element || type->kind == TypeKind::xml_text ||
                             type->kind == TypeKind::xml_hook);
}

std::uint64_t total_length(const std::vector<NewContent>& contents) {
  std::uint64_t length = 0;
  for (const NewContent& content : contents) length += content.length;
  return length;
}

}  // namespace

Result<std::vector<TypeIndex>> Edit::insert(TypeIndex list, std::uint64_t index,
                                            std::span<const Value> values) {
  if (Result<void> checked = work_->check_type(list, is_list); !checked) return checked.error();
  DocState& doc = work_->doc;
  if (is_xml_list(doc.types[list].kind) && !std::all_of(values.begin(), values.end(), is_xml_type))
    return invalid_use("only XML types are children of an XML type");
  const Result<Work::Range> range = work_->find_range(list, index, 0);
  if (!range) return range.error();
  const Result<std::vector<NewContent>> contents = make_contents(values);
  if (!contents) return contents.error();
  if (Result<void> checked = work_->check_room(total_length(*contents)); !checked) return checked.error();

  ItemIndex left = work_->cut(range->begin);
  const ItemIndex right = left == no_item ? doc.types[list].first : doc.items[left].right();
  std::vector<TypeIndex> types;
  for (const NewContent& content : *contents) {
    left = work_->transaction.insert(
        {.left = left, .right = right, .parent = list, .kind = content.kind, .content = content.view()});
    if (content.kind == ContentKind::type) types.push_back(work_->type_made(left));
  }
  work_->remember(list, left, index + total_length(*contents), {});
  return types;
}

Result<void> Edit::remove(TypeIndex list, std::uint64_t index, std::uint64_t length) {
  if (Result<void> checked = work_->check_type(list, is_list); !checked) return checked;
  const Result<Work::Range> range = work_->find_range(list, index, length);
  if (!range) return range.error();
  if (length == 0) return {};
  DocState& doc = work_->doc;
  const ItemIndex before = work_->cut(range->begin);
  ItemIndex at = before == no_item ? doc.types[list].first : doc.items[before].right();
  for (std::uint64_t left = length; left > 0; at = doc.items[at].right()) {
    const Item& item = doc.items[at];
    if (item.is_deleted() || !item.is_countable()) continue;
    if (left < item.length()) work_->transaction.split(at, left);
    left -= item.length();
    work_->transaction.erase(at);
  }
  work_->remember(list, before, index, {});
  return {};
}

}  // namespace canvas::crdt
