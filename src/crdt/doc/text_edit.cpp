#include "crdt/doc/text_edit_internal.h"

#include <map>

namespace canvas::crdt {
namespace {

constexpr std::string_view json_null = "null";

std::string_view value_or_null(const Attributes& attributes, std::string_view name) {
  const std::string* value = attributes.find(name);
  return value == nullptr ? json_null : std::string_view(*value);
}

}  // namespace

TextEdit::TextEdit(Transaction& transaction, DocState& doc, TypeIndex text, ItemIndex left,
                   Attributes attributes)
    : transaction_(transaction),
      doc_(doc),
      text_(text),
      left_(left),
      right_(left == no_item ? doc.types[text].first : doc.items[left].right()),
      attributes_(std::move(attributes)) {}

TextEdit::Inserted TextEdit::insert(const NewContent& content, std::optional<Attributes> attributes) {
  Attributes wanted = attributes ? *std::move(attributes) : attributes_;
  for (const auto& [name, json] : attributes_.in_order()) {
    if (wanted.find(name) == nullptr) wanted.set(name, json_null);
  }
  skip_same(wanted);
  Attributes negated = open(wanted);
  Inserted inserted{put(content), attributes_};
  close(std::move(negated));
  return inserted;
}

void TextEdit::format(std::uint64_t length, const Attributes& attributes) {
  skip_same(attributes);
  Attributes negated = open(attributes);
  // Goes on behind the end while there are marks, so as not to close what they close.
  while (right_ != no_item &&
         (length > 0 || (!negated.empty() && (right().is_deleted() || right_is_mark())))) {
    if (!right().is_deleted()) {
      if (right_is_mark()) {
        if (!format_mark(attributes, negated, length == 0)) break;
      } else {
        cut_right(length);
        length -= right().length();
      }
    }
    forward();
  }
  close(std::move(negated));
}

void TextEdit::remove(std::uint64_t length) {
  const ItemIndex begin = right_;
  const Attributes at_begin = attributes_;
  while (length > 0 && right_ != no_item) {
    if (!right().is_deleted() && right().is_countable()) {
      cut_right(length);
      length -= right().length();
      transaction_.erase(right_);
    }
    forward();
  }
  tidy(begin, at_begin);
}

void TextEdit::forward() {
  if (right_is_mark() && !right().is_deleted()) {
    const Attributes::Attribute mark = read_mark(right().content());
    attributes_.apply(mark.name, mark.json);
  }
  left_ = right_;
  right_ = right().right();
}

// Puts it here and goes behind it.
ItemIndex TextEdit::put(const NewContent& content) {
  const ItemIndex item = transaction_.insert(
      {.left = left_, .right = right_, .parent = text_, .kind = content.kind, .content = content.view()});
  right_ = item;
  forward();
  return item;
}

void TextEdit::cut_right(std::uint64_t length) {
  if (length < right().length()) transaction_.split(right_, length);
}

// Goes behind marks that say what is wanted anyway.
void TextEdit::skip_same(const Attributes& attributes) {
  while (right_ != no_item) {
    if (!right().is_deleted()) {
      if (!right_is_mark()) return;
      const Attributes::Attribute mark = read_mark(right().content());
      if (!is_same_attribute(value_or_null(attributes, mark.name), mark.json)) return;
    }
    forward();
  }
}

// Puts a mark for each attribute that is not in force yet; gives what they were before.
Attributes TextEdit::open(const Attributes& attributes) {
  Attributes negated;
  for (const auto& [name, json] : attributes.in_order()) {
    const std::string before(value_or_null(attributes_, name));
    if (is_same_attribute(before, json)) continue;
    negated.set(name, before);
    put(make_mark_content(name, json));
  }
  return negated;
}

// Puts the marks that end what open() began, but for those that stand here already.
void TextEdit::close(Attributes negated) {
  while (right_ != no_item) {
    if (!right().is_deleted()) {
      if (!right_is_mark()) break;
      const Attributes::Attribute mark = read_mark(right().content());
      const std::string* value = negated.find(mark.name);
      if (value == nullptr || !is_same_attribute(*value, mark.json)) break;
      negated.erase(mark.name);
    }
    forward();
  }
  for (const auto& [name, json] : negated.in_order()) put(make_mark_content(name, json));
}

// The mark to the right is within what is formatted, or behind it. False where that is the end.
bool TextEdit::format_mark(const Attributes& attributes, Attributes& negated, bool is_behind) {
  const Attributes::Attribute mark = read_mark(right().content());
  const std::string* wanted = attributes.find(mark.name);
  if (wanted == nullptr) return true;
  if (is_same_attribute(*wanted, mark.json)) {
    negated.erase(mark.name);
  } else {
    if (is_behind) return false;
    negated.set(mark.name, mark.json);
  }
  transaction_.erase(right_);
  return true;
}

// Deletes marks between `begin` and the next element that are overruled there or change nothing.
void TextEdit::tidy(ItemIndex begin, const Attributes& at_begin) {
  std::map<std::string_view, ItemIndex> last;
  ItemIndex end = begin;
  for (; end != no_item && (doc_.items[end].is_deleted() || !doc_.items[end].is_countable());
       end = doc_.items[end].right()) {
    const Item& item = doc_.items[end];
    if (!item.is_deleted() && item.kind() == ContentKind::format) last[read_mark(item.content()).name] = end;
  }
  for (ItemIndex at = begin; at != end; at = doc_.items[at].right()) {
    const Item& item = doc_.items[at];
    if (item.is_deleted() || item.kind() != ContentKind::format) continue;
    const Attributes::Attribute mark = read_mark(item.content());
    if (last[mark.name] != at || is_same_attribute(value_or_null(at_begin, mark.name), mark.json))
      transaction_.erase(at);
  }
}

}  // namespace canvas::crdt
