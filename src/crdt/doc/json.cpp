#include "crdt/doc/reading_internal.h"
#include "crdt/doc/script_values_internal.h"
#include "lib0/any.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

constexpr std::string_view undefined_text = "undefined";

// Writes one type and all in it. Types nest as deep as a document is long, so those that are open are on a
// stack of their own.
class JsonWriter {
public:
  JsonWriter(const DocState& doc, std::size_t max_bytes, std::string& out)
      : doc_(doc), max_bytes_(max_bytes), out_(out) {}

  void run(TypeIndex type, TypeKind kind) {
    write_type(type, kind);
    while (!open_.empty() && out_.size() <= max_bytes_) {
      if (open_.back().is_object) {
        write_next_key();
      } else {
        write_next_item();
      }
    }
  }

private:
  struct Open {
    bool is_object;
    ItemIndex item;             // of a list: the next one
    std::vector<LiveKey> keys;  // of an object
    std::size_t next_key;
    bool is_first;
  };

  void write_type(TypeIndex type, TypeKind kind) {
    if (is_written_as_text(kind)) {
      std::string text;
      if (kind == TypeKind::text) {
        append_text(doc_, type, max_bytes_, text);
      } else {
        append_xml(doc_, type, kind, max_bytes_, text);
      }
      return lib0::append_json_text(out_, text);
    }
    if (is_written_as_object(kind)) {
      out_ += '{';
      std::vector<LiveKey> keys = live_keys(doc_, type);
      order_keys(keys, [](const LiveKey& key) { return key.key; });
      open_.push_back({true, no_item, std::move(keys), 0, true});
    } else {
      out_ += '[';
      open_.push_back({false, doc_.types[type].first, {}, 0, true});
    }
  }

  void write_next_key() {
    Open& object = open_.back();
    if (object.next_key == object.keys.size()) {
      out_ += '}';
      open_.pop_back();
      return;
    }
    const LiveKey& key = object.keys[object.next_key++];
    const std::size_t size_before = out_.size();
    if (!object.is_first) out_ += ',';
    lib0::append_json_text(out_, key.key);
    out_ += ':';
    const Item& item = doc_.items[key.value];
    if (item.kind() == ContentKind::type) {
      object.is_first = false;
      write_type(item.type(), doc_.types[item.type()].kind);
    } else if (write_last(item)) {
      object.is_first = false;
    } else {
      out_.resize(size_before);
    }
  }

  void write_next_item() {
    Open& list = open_.back();
    if (list.item == no_item) {
      out_ += ']';
      open_.pop_back();
      return;
    }
    const Item& item = doc_.items[list.item];
    list.item = item.right();
    if (item.is_deleted() || !item.is_countable()) return;
    if (!list.is_first) out_ += ',';
    list.is_first = false;
    if (item.kind() == ContentKind::type) {
      write_type(item.type(), doc_.types[item.type()].kind);
    } else {
      write_elements(item);
    }
  }

  // All elements of an item in a list, with commas.
  void write_elements(const Item& item) {
    lib0::Reader in(item.content());
    switch (item.kind()) {
      case ContentKind::any:
      case ContentKind::json:
        for (std::uint64_t left = item.length(); left > 0; --left) {
          if (!write_value(item.kind(), in)) out_ += "null";
          if (left > 1) out_ += ',';
        }
        break;
      case ContentKind::string: append_units_as_json(as_text(item.content()), out_); break;
      default: write_single(item);
    }
  }

  // The last element of a key's value; false, and nothing is written, when it is undefined.
  bool write_last(const Item& item) {
    lib0::Reader in(item.content());
    switch (item.kind()) {
      case ContentKind::any:
      case ContentKind::json:
        for (std::uint64_t left = item.length(); left > 1; --left) skip_value(item.kind(), in);
        return write_value(item.kind(), in);
      case ContentKind::string: append_last_unit_as_json(as_text(item.content()), out_); return true;
      case ContentKind::binary:
      case ContentKind::embed:
      case ContentKind::doc: write_single(item); return true;
      default: return false;
    }
  }

  static void skip_value(ContentKind kind, lib0::Reader& in) {
    if (kind == ContentKind::any) {
      lib0::skip_any(in);
    } else {
      in.read_var_bytes();
    }
  }

  bool write_value(ContentKind kind, lib0::Reader& in) {
    if (kind == ContentKind::any) return lib0::write_any_as_json(in, out_);
    const std::string_view json = in.read_var_string();
    if (json == undefined_text) return false;
    out_ += lib0::normalize_json(json);
    return true;
  }

  void write_single(const Item& item) {
    switch (item.kind()) {
      case ContentKind::binary: return append_bytes_as_json(item.content(), out_);
      case ContentKind::embed: out_ += lib0::normalize_json(as_text(item.content())); return;
      // A sub-document is a document of its own: here it is one without content.
      default: out_ += "{}";
    }
  }

  const DocState& doc_;
  std::size_t max_bytes_;
  std::string& out_;
  std::vector<Open> open_;
};

// The order of the roots in the object.
std::vector<TypeIndex> ordered_roots(const DocState& doc) {
  std::vector<TypeIndex> roots;
  roots.reserve(doc.types.roots().size());
  const auto name = [&](TypeIndex root) { return doc.names.name(doc.types[root].root_name); };
  for (const TypeIndex root : doc.types.roots()) {
    if (name(root) != prototype_key) roots.push_back(root);
  }
  order_keys(roots, name);
  return roots;
}

}  // namespace

void append_json(const DocState& doc, TypeIndex type, TypeKind kind, std::size_t max_bytes,
                 std::string& out) {
  JsonWriter(doc, max_bytes, out).run(type, kind);
}

Result<std::string> to_json(const Doc& doc, const ReadLimits& limits) {
  const DocState& state = doc.state();
  std::string out = "{";
  for (const TypeIndex root : ordered_roots(state)) {
    if (out.size() > limits.max_bytes) break;
    if (out.size() > 1) out += ',';
    lib0::append_json_text(out, state.names.name(state.types[root].root_name));
    out += ':';
    append_json(state, root, kind_of(doc, root), limits.max_bytes, out);
  }
  out += '}';
  return within(std::move(out), limits.max_bytes);
}

Result<std::string> to_json(const Doc& doc, TypeIndex type, TypeKind kind, const ReadLimits& limits) {
  std::string out;
  append_json(doc.state(), type, kind, limits.max_bytes, out);
  return within(std::move(out), limits.max_bytes);
}

}  // namespace canvas::crdt
