// The edits of texts.

#include "crdt/doc/edit_work_internal.h"
#include "crdt/doc/text_edit_internal.h"

namespace canvas::crdt {
namespace {

// What an edit makes at most beside its content: a mark that begins and one that ends, for each attribute.
std::uint64_t marks_for(const Attributes& wanted, const Attributes& in_force) {
  return 2 * (wanted.size() + in_force.size());
}

}  // namespace

Result<void> Edit::insert_text(TypeIndex text, std::uint64_t index, std::string_view inserted,
                               AttributesJson attributes) {
  if (Result<void> checked = work_->check_type(text, is_text); !checked) return checked;
  const Result<Work::Range> range = work_->find_range(text, index, 0);
  if (!range) return range.error();
  const Result<NewContent> content = make_text_content(inserted);
  if (!content) return content.error();
  std::optional<Attributes> wanted;
  if (attributes) {
    Result<Attributes> read = read_attributes(*attributes);
    if (!read) return read.error();
    wanted = *std::move(read);
  }
  if (content->length == 0) return {};
  const Place& place = range->begin;
  const std::uint64_t marks = marks_for(wanted.value_or(Attributes{}), place.attributes);
  if (Result<void> checked = work_->check_room(content->length + marks); !checked) return checked;
  work_->insert_into_text(text, place, index, *content, std::move(wanted));
  return {};
}

Result<TypeIndex> Edit::insert_embed(TypeIndex text, std::uint64_t index, const Embed& embed,
                                     std::string_view attributes) {
  if (Result<void> checked = work_->check_type(text, is_text); !checked) return checked.error();
  const Result<Work::Range> range = work_->find_range(text, index, 0);
  if (!range) return range.error();
  const Result<NewContent> content = make_content(embed);
  if (!content) return content.error();
  Result<Attributes> wanted = read_attributes(attributes);
  if (!wanted) return wanted.error();
  const Place& place = range->begin;
  if (Result<void> checked = work_->check_room(1 + marks_for(*wanted, place.attributes)); !checked)
    return checked.error();
  return work_->type_made(work_->insert_into_text(text, place, index, *content, *std::move(wanted)));
}

Result<void> Edit::remove_text(TypeIndex text, std::uint64_t index, std::uint64_t length) {
  if (Result<void> checked = work_->check_type(text, is_text); !checked) return checked;
  const Result<Work::Range> range = work_->find_range(text, index, length);
  if (!range) return range.error();
  if (length == 0) return {};
  const ItemIndex before = work_->cut(range->begin);
  TextEdit(work_->transaction, work_->doc, text, before, range->begin.attributes).remove(length);
  work_->remember(text, before, index, range->begin.attributes);
  return {};
}

Result<void> Edit::format(TypeIndex text, std::uint64_t index, std::uint64_t length,
                          std::string_view attributes) {
  if (Result<void> checked = work_->check_type(text, is_text); !checked) return checked;
  const Result<Work::Range> range = work_->find_range(text, index, length);
  if (!range) return range.error();
  const Result<Attributes> wanted = read_attributes(attributes);
  if (!wanted) return wanted.error();
  if (length == 0) return {};
  if (Result<void> checked = work_->check_room(marks_for(*wanted, range->begin.attributes)); !checked)
    return checked;
  const ItemIndex before = work_->cut(range->begin);
  TextEdit(work_->transaction, work_->doc, text, before, range->begin.attributes).format(length, *wanted);
  work_->remember(text, before, index, range->begin.attributes);
  return {};
}

ItemIndex Edit::Work::insert_into_text(TypeIndex text, const Place& place, std::uint64_t index,
                                       const NewContent& content, std::optional<Attributes> attributes) {
  const ItemIndex before = cut(place);
  TextEdit edit(transaction, doc, text, before, place.attributes);
  TextEdit::Inserted inserted = edit.insert(content, std::move(attributes));
  remember(text, inserted.item, index + content.length, std::move(inserted.attributes));
  return inserted.item;
}

}  // namespace canvas::crdt
