#include <algorithm>

#include "crdt/doc/lower_case_internal.h"
#include "crdt/doc/reading_internal.h"
#include "crdt/doc/runs_internal.h"
#include "crdt/doc/script_values_internal.h"
#include "lib0/any.h"

namespace canvas::crdt {
namespace {

constexpr std::string_view object_text = "[object Object]";
// What Yjs calls an element that was made without a name, which only a root can be.
constexpr std::string_view unnamed_element = "UNDEFINED";

// The marks of a run as elements around it.
struct Marks {
  std::string open;
  std::string close;
};

Marks marks_of(const Attributes& attributes) {
  std::vector<Attributes::Attribute> sorted = attributes.in_order();
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return utf16_less(a.name, b.name); });
  Marks marks;
  for (const auto& [name, json] : sorted) {
    if (name == prototype_key) continue;
    std::vector<Property> properties = properties_of(json);
    std::sort(properties.begin(), properties.end(),
              [](const Property& a, const Property& b) { return utf16_less(a.name, b.name); });
    marks.open += '<';
    marks.open += name;
    for (const Property& property : properties) {
      marks.open += ' ';
      marks.open += property.name;
      marks.open += "=\"";
      marks.open += property.text;
      marks.open += '"';
    }
    marks.open += '>';
  }
  for (auto mark = sorted.rbegin(); mark != sorted.rend(); ++mark) {
    if (mark->name == prototype_key) continue;
    marks.close += "</";
    marks.close += mark->name;
    marks.close += '>';
  }
  return marks;
}

// Writes one type and all in it; those that are open are on a stack, because they nest as deep as a document
// is long.
class XmlWriter {
public:
  XmlWriter(const DocState& doc, std::size_t max_bytes, std::string& out)
      : doc_(doc), max_bytes_(max_bytes), out_(out) {}

  void run(TypeIndex type, TypeKind kind) {
    write_type(type, kind);
    while (!open_.empty() && out_.size() <= max_bytes_) {
      Open& innermost = open_.back();
      out_ += innermost.behind_child;
      innermost.behind_child.clear();
      if (innermost.runs) {
        write_next_run();
      } else if (innermost.next_attribute < innermost.attributes.size()) {
        write_next_attribute();
      } else {
        write_next_child();
      }
    }
  }

private:
  struct Open {
    ItemIndex child = no_item;        // the next one
    std::optional<RunReader> runs{};  // of an XML text, instead of children
    std::vector<LiveKey> attributes{};
    std::size_t next_attribute = 0;
    bool is_element = false;
    std::string name{};          // of an element
    bool is_in_tag = false;      // its attributes are still to end
    std::string behind_child{};  // what follows the child that was written last
  };

  void write_type(TypeIndex type, TypeKind kind) {
    switch (kind) {
      case TypeKind::text: return append_text(doc_, type, max_bytes_, out_);
      case TypeKind::xml_text: open_.push_back({.runs = RunReader(doc_, type)}); return;
      case TypeKind::xml_fragment: open_.push_back({.child = doc_.types[type].first}); return;
      case TypeKind::xml_element: return open_element(type);
      default: out_ += object_text;
    }
  }

  void open_element(TypeIndex type) {
    const std::string_view name = doc_.types[type].is_root() ? unnamed_element : doc_.name_of(type);
    Open element{.child = doc_.types[type].first, .attributes = live_keys(doc_, type)};
    std::sort(element.attributes.begin(), element.attributes.end(),
              [](const LiveKey& a, const LiveKey& b) { return utf16_less(a.key, b.key); });
    element.is_element = true;
    element.name = to_lower_case(name);
    element.is_in_tag = true;
    out_ += '<';
    out_ += element.name;
    open_.push_back(std::move(element));
  }

  void write_next_attribute() {
    Open& element = open_.back();
    const LiveKey& attribute = element.attributes[element.next_attribute++];
    out_ += ' ';
    out_ += attribute.key;
    out_ += "=\"";
    element.behind_child += '"';
    const Item& item = doc_.items[attribute.value];
    if (item.kind() == ContentKind::type) return write_type(item.type(), doc_.types[item.type()].kind);
    write_last(item);
  }

  void write_next_child() {
    Open& list = open_.back();
    if (list.is_in_tag) {
      list.is_in_tag = false;
      out_ += '>';
    }
    if (list.child == no_item) {
      if (list.is_element) {
        out_ += "</";
        out_ += list.name;
        out_ += '>';
      }
      open_.pop_back();
      return;
    }
    const Item& item = doc_.items[list.child];
    list.child = item.right();
    if (item.is_deleted() || !item.is_countable()) return;
    if (item.kind() == ContentKind::type) return write_type(item.type(), doc_.types[item.type()].kind);
    write_elements(item);
  }

  void write_next_run() {
    Open& text = open_.back();
    const std::optional<Run> run = text.runs->next();
    if (!run) {
      open_.pop_back();
      return;
    }
    Marks marks = marks_of(text.runs->attributes());
    out_ += marks.open;
    text.behind_child = std::move(marks.close);
    if (run->item == no_item) {
      out_ += run->text;
      return;
    }
    const Item& item = doc_.items[run->item];
    if (item.kind() == ContentKind::type) return write_type(item.type(), doc_.types[item.type()].kind);
    append_json_as_text(as_text(item.content()), out_);
  }

  // What is no type, as String() gives it: all elements of an item, or the last of an attribute's.
  void write_elements(const Item& item) {
    lib0::Reader in(item.content());
    for (std::uint64_t left = item.length(); left > 0; --left) write_element(item, in);
  }

  void write_last(const Item& item) {
    lib0::Reader in(item.content());
    for (std::uint64_t left = item.length(); left > 1 && item.kind() == ContentKind::any; --left)
      lib0::skip_any(in);
    for (std::uint64_t left = item.length(); left > 1 && item.kind() == ContentKind::json; --left)
      in.read_var_bytes();
    write_element(item, in);
  }

  // `in` stands before the element and is moved behind it.
  void write_element(const Item& item, lib0::Reader& in) {
    switch (item.kind()) {
      case ContentKind::any: return append_any_as_text(in, out_);
      case ContentKind::json: {
        const std::string_view json = in.read_var_string();
        if (json == "undefined") {
          out_ += json;
        } else {
          append_json_as_text(json, out_);
        }
        return;
      }
      case ContentKind::string:
        // Its units one after another are all of it; they are not asked for again.
        out_ += as_text(in.read_bytes(in.remaining()));
        return;
      case ContentKind::binary: return append_bytes_as_text(item.content(), out_);
      case ContentKind::embed: return append_json_as_text(as_text(item.content()), out_);
      case ContentKind::format: out_ += "undefined"; return;
      default: out_ += object_text;
    }
  }

  const DocState& doc_;
  std::size_t max_bytes_;
  std::string& out_;
  std::vector<Open> open_;
};

}  // namespace

void append_xml(const DocState& doc, TypeIndex type, TypeKind kind, std::size_t max_bytes, std::string& out) {
  XmlWriter(doc, max_bytes, out).run(type, kind);
}

Result<std::string> to_xml(const Doc& doc, TypeIndex type, TypeKind kind, const ReadLimits& limits) {
  std::string out;
  append_xml(doc.state(), type, kind, limits.max_bytes, out);
  return within(std::move(out), limits.max_bytes);
}

}  // namespace canvas::crdt
