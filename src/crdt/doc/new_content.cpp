#include "crdt/doc/new_content_internal.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/utf8.h"
#include "lib0/any.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

constexpr std::uint8_t any_object = 118;

Result<NewContent> content_from(const JsonValue& value) {
  if (!is_valid_utf8(value.json)) return invalid_use("a value is not UTF-8");
  lib0::Writer out(value.json.size());
  if (const Result<void> written = lib0::write_json_as_any(value.json, out); !written) return written.error();
  return NewContent{ContentKind::any, 1, out.take()};
}

Result<NewContent> content_from(const AnyValue& value) {
  lib0::Reader in(value.any);
  lib0::skip_any(in);
  if (in.failed()) return in.error();
  if (!in.at_end()) return malformed("bytes are left over behind a value");
  return NewContent{ContentKind::any, 1, to_bytes(value.any)};
}

Result<NewContent> content_from(const BinaryValue& value) {
  return NewContent{ContentKind::binary, 1, to_bytes(value.bytes)};
}

Result<NewContent> content_from(const NewType& type) {
  const bool has_name = type.kind == TypeKind::xml_element || type.kind == TypeKind::xml_hook;
  if (type.kind >= TypeKind::unknown) return invalid_use("a new type has no kind");
  if (!has_name && !type.name.empty()) return invalid_use("a type of this kind has no name");
  if (!is_valid_utf8(type.name)) return invalid_use("the name of a type is not UTF-8");
  lib0::Writer out;
  out.write_var_uint(static_cast<std::uint64_t>(type.kind));
  if (has_name) out.write_var_string(type.name);
  return NewContent{ContentKind::type, 1, out.take()};
}

Result<NewContent> content_from(const SubDocument& document) {
  if (!is_valid_utf8(document.guid) || !is_valid_utf8(document.options_json))
    return invalid_use("a sub-document is not UTF-8");
  lib0::Writer options;
  if (const Result<void> written = lib0::write_json_as_any(document.options_json, options); !written)
    return written.error();
  if (options.bytes().front() != any_object)
    return malformed("the options of a sub-document are not an object");
  lib0::Writer out;
  out.write_var_string(document.guid);
  out.write_bytes(options.bytes());
  return NewContent{ContentKind::doc, 1, out.take()};
}

// What is compared of an object or array: its members, values as normal JSON, sorted.
using Members = std::vector<std::pair<std::string, std::string>>;

Members members_of(BytesView any) {
  lib0::Reader in(any);
  const bool is_object = in.read_u8() == any_object;
  const std::uint64_t count = in.read_var_uint();
  Members members;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string name = is_object ? std::string(in.read_var_string()) : std::to_string(i);
    std::string value;
    if (!lib0::write_any_as_json(in, value)) value = "undefined";
    members.emplace_back(std::move(name), std::move(value));
  }
  std::sort(members.begin(), members.end());
  return members;
}

Members members_of(std::string_view json) {
  lib0::Writer out(json.size());
  const Result<void> written = lib0::write_json_as_any(json, out);
  assert(written);
  static_cast<void>(written);
  return members_of(out.bytes());
}

bool is_container(std::string_view normal_json) {
  return normal_json.front() == '{' || normal_json.front() == '[';
}

}  // namespace

Result<NewContent> make_content(const Value& value) {
  return std::visit([](const auto& held) { return content_from(held); }, value);
}

Result<NewContent> make_content(const Embed& embed) {
  if (const auto* type = std::get_if<NewType>(&embed)) return content_from(*type);
  const std::string_view json = std::get<JsonValue>(embed).json;
  if (!is_valid_utf8(json)) return invalid_use("an embed is not UTF-8");
  if (!is_json_text(json)) return malformed("an embed is not JSON");
  const std::string normal = lib0::normalize_json(json);
  // In a delta it could not be told from text.
  if (normal.front() == '"') return invalid_use("a string is no embed");
  return NewContent{ContentKind::embed, 1, to_bytes(as_bytes(normal))};
}

Result<NewContent> make_text_content(std::string_view text) {
  if (!is_valid_utf8(text)) return invalid_use("a text is not UTF-8");
  return NewContent{ContentKind::string, utf16_length(text), to_bytes(as_bytes(text))};
}

NewContent make_mark_content(std::string_view name, std::string_view json) {
  lib0::Writer out(name.size() + json.size() + 2);
  out.write_var_string(name);
  out.write_var_string(json);
  return {ContentKind::format, 1, out.take()};
}

Result<std::vector<NewContent>> make_contents(std::span<const Value> values) {
  std::vector<NewContent> contents;
  contents.reserve(values.size());
  for (const Value& value : values) {
    Result<NewContent> content = make_content(value);
    if (!content) return content.error();
    if (!contents.empty() && contents.back().kind == ContentKind::any && content->kind == ContentKind::any) {
      NewContent& last = contents.back();
      ++last.length;
      last.bytes.insert(last.bytes.end(), content->bytes.begin(), content->bytes.end());
    } else {
      contents.push_back(*std::move(content));
    }
  }
  return contents;
}

Result<Attributes> read_attributes(std::string_view json) {
  if (!is_valid_utf8(json)) return invalid_use("attributes are not UTF-8");
  lib0::Writer out(json.size());
  if (const Result<void> written = lib0::write_json_as_any(json, out); !written) return written.error();
  lib0::Reader in(out.bytes());
  if (in.read_u8() != any_object) return malformed("attributes are not an object");
  Attributes attributes;
  for (std::uint64_t left = in.read_var_uint(); left > 0; --left) {
    const std::string_view name = in.read_var_string();
    std::string value;
    if (lib0::write_any_as_json(in, value)) attributes.set(name, value);
  }
  return attributes;
}

bool is_same_attribute(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const std::string first = lib0::normalize_json(a);
  const std::string second = lib0::normalize_json(b);
  if (first == second) return true;
  return is_container(first) && is_container(second) && members_of(first) == members_of(second);
}

Error invalid_use(std::string_view what) {
  return {Errc::invalid_use, std::string(what)};
}

}  // namespace canvas::crdt
