#include "crdt/doc/read.h"

#include <gtest/gtest.h>

#include "fixtures/docs.h"

#include "crdt/doc/edit.h"
#include "crdt/doc/lower_case_internal.h"
#include "crdt/doc/script_values_internal.h"

namespace canvas::crdt {
namespace {

using testing::as_client;

TypeIndex root_of(const Doc& doc, std::string_view name) {
  const std::optional<TypeIndex> root = find_root(doc, name);
  EXPECT_TRUE(root) << name;
  return root.value_or(0);
}

// A document that got the edits of another, so that nobody told it what its roots are.
void copy(const Doc& from, Doc& to) {
  EXPECT_TRUE(to.apply(from.encode_state()));
}

TEST(Read, GivesTheWholeDocumentAsJson) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex map = edit.root("map", TypeKind::map).value();
  ASSERT_TRUE(edit.set(map, "b", JsonValue{R"({"z":1,"2":[true,null],"1":"\n"})"}));
  ASSERT_TRUE(edit.set(map, "10", JsonValue{"0.5"}));
  ASSERT_TRUE(edit.set(map, "9", BinaryValue{as_bytes("ab")}));
  const TypeIndex array = edit.set(map, "array", NewType{TypeKind::array}).value();
  const Value values[] = {JsonValue{"1"}, SubDocument{"guid"}, NewType{TypeKind::text}};
  const TypeIndex text = edit.insert(array, 0, values).value().front();
  ASSERT_TRUE(edit.insert_text(text, 0, "\"h\xc3\xa9\""));
  edit.commit();
  EXPECT_EQ(
      to_json(doc).value(),
      R"({"map":{"9":{"0":97,"1":98},"10":0.5,"b":{"1":"\n","2":[true,null],"z":1},"array":[1,{},"\"hé\""]}})");
}

TEST(Read, GuessesWhatARootIs) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const Value one[] = {JsonValue{"1"}};
  const Value element[] = {NewType{TypeKind::xml_element, "p"}};
  ASSERT_TRUE(edit.set(edit.root("map", TypeKind::map).value(), "k", JsonValue{"1"}));
  ASSERT_TRUE(edit.insert(edit.root("array", TypeKind::array).value(), 0, one));
  ASSERT_TRUE(edit.insert(edit.root("xml", TypeKind::xml_fragment).value(), 0, element));
  ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, "a"));
  edit.commit();
  Doc copied;
  copy(doc, copied);
  EXPECT_EQ(kind_of(copied, root_of(copied, "map")), TypeKind::map);
  EXPECT_EQ(kind_of(copied, root_of(copied, "array")), TypeKind::array);
  EXPECT_EQ(kind_of(copied, root_of(copied, "xml")), TypeKind::xml_fragment);
  EXPECT_EQ(kind_of(copied, root_of(copied, "text")), TypeKind::text);
  EXPECT_EQ(to_json(copied).value(), to_json(doc).value());
  EXPECT_EQ(find_root(copied, "other"), std::nullopt);
  EXPECT_EQ(root_names(copied).size(), 4u);
}

TEST(Read, ReadsARootAsTheKindThatIsAskedFor) {
  Doc doc(as_client(1));
  Edit edit(doc);
  ASSERT_TRUE(edit.insert_text(edit.root("text", TypeKind::text).value(), 0, "a\xf0\x9f\x98\x80"));
  edit.commit();
  const TypeIndex text = root_of(doc, "text");
  EXPECT_EQ(to_json(doc, text, TypeKind::text).value(), "\"a\xf0\x9f\x98\x80\"");
  EXPECT_EQ(to_json(doc, text, TypeKind::array).value(), R"(["a","\ud83d","\ude00"])");
  EXPECT_EQ(to_json(doc, text, TypeKind::map).value(), "{}");
}

TEST(Read, GivesMarksAsElementsInOneOrder) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex xml = edit.root("xml", TypeKind::xml_fragment).value();
  const Value children[] = {NewType{TypeKind::xml_element, "\xc3\x89L"}};
  const TypeIndex element = edit.insert(xml, 0, children).value().front();
  ASSERT_TRUE(edit.set(element, "b", JsonValue{R"([1,null,["x"]])"}));
  ASSERT_TRUE(edit.set(element, "a", JsonValue{"\"<\""}));
  const Value text_value[] = {NewType{TypeKind::xml_text}};
  const TypeIndex text = edit.insert(element, 0, text_value).value().front();
  ASSERT_TRUE(edit.insert_text(text, 0, "ab"));
  ASSERT_TRUE(edit.format(text, 1, 1, R"({"i":true,"a":{"y":1,"x":"2"}})"));
  edit.commit();
  EXPECT_EQ(to_xml(doc, root_of(doc, "xml"), TypeKind::xml_fragment).value(),
            "<\xc3\xa9l a=\"<\" b=\"1,,x\">a<a x=\"2\" y=\"1\"><i>b</i></a></\xc3\xa9l>");
}

TEST(Read, GivesADelta) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 0, "abc"));
  ASSERT_TRUE(edit.format(text, 1, 1, R"({"bold":true,"7":{"a":1}})"));
  ASSERT_TRUE(edit.insert_embed(text, 3, JsonValue{R"({"image": "x"})"}));
  const TypeIndex map = edit.insert_embed(text, 4, NewType{TypeKind::map}).value();
  ASSERT_TRUE(edit.set(map, "k", JsonValue{"1"}));
  edit.commit();
  EXPECT_EQ(to_delta(doc, root_of(doc, "text")).value(),
            R"([{"insert":"a"},{"insert":"b","attributes":{"7":{"a":1},"bold":true}},{"insert":"c"},)"
            R"({"insert":{"image":"x"}},{"insert":{"k":1}}])");
  EXPECT_EQ(to_text(doc, root_of(doc, "text")).value(), "abc");
}

TEST(Read, TakesTypesThatAreNestedDeep) {
  constexpr int depth = 100000;
  Doc doc(as_client(1));
  Edit edit(doc);
  TypeIndex map = edit.root("map", TypeKind::map).value();
  for (int i = 0; i < depth; ++i) map = edit.set(map, "k", NewType{TypeKind::map}).value();
  TypeIndex element = edit.root("xml", TypeKind::xml_fragment).value();
  const Value child[] = {NewType{TypeKind::xml_element, "e"}};
  for (int i = 0; i < depth; ++i) element = edit.insert(element, 0, child).value().front();
  edit.commit();
  const std::string json = to_json(doc).value();
  EXPECT_TRUE(json.starts_with(R"({"map":{"k":{"k":{)"));
  EXPECT_EQ(json.size(), (R"({"map":{},"xml":""})" + std::string()).size() + depth * (6 + 7));
}

TEST(Read, StopsAtTheLimit) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  ASSERT_TRUE(edit.insert_text(text, 0, std::string(1000, 'x')));
  edit.commit();
  const TypeIndex root = root_of(doc, "text");
  EXPECT_EQ(to_json(doc, {.max_bytes = 999}).error().code, Errc::too_large);
  EXPECT_EQ(to_text(doc, root, {.max_bytes = 999}).error().code, Errc::too_large);
  EXPECT_EQ(to_delta(doc, root, {.max_bytes = 999}).error().code, Errc::too_large);
  EXPECT_EQ(to_xml(doc, root, TypeKind::xml_text, {.max_bytes = 999}).error().code, Errc::too_large);
  EXPECT_TRUE(to_text(doc, root, {.max_bytes = 1000}));
}

// Many attributes in force over many runs: the delta repeats them all, and must not be made.
TEST(Read, DoesNotMakeADeltaThatIsMuchLargerThanTheText) {
  Doc doc(as_client(1));
  Edit edit(doc);
  const TypeIndex text = edit.root("text", TypeKind::text).value();
  std::string attributes = "{";
  for (int i = 0; i < 2000; ++i) attributes += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\":1";
  attributes += '}';
  ASSERT_TRUE(edit.insert_text(text, 0, std::string(2000, 'x'), attributes));
  for (std::uint64_t i = 0; i < 2000; i += 2) ASSERT_TRUE(edit.format(text, i, 1, R"({"b":1})"));
  edit.commit();
  EXPECT_EQ(to_delta(doc, root_of(doc, "text"), {.max_bytes = 1 << 20}).error().code, Errc::too_large);
  EXPECT_EQ(to_xml(doc, root_of(doc, "text"), TypeKind::xml_text, {.max_bytes = 1 << 20}).error().code,
            Errc::too_large);
}

TEST(ScriptValues, OrdersStringsByTheirUtf16Units) {
  EXPECT_TRUE(utf16_less("\xf0\x9f\x98\x80", "\xef\xbf\xbd"));  // a surrogate comes before U+FFFD
  EXPECT_FALSE(utf16_less("\xef\xbf\xbd", "\xf0\x9f\x98\x80"));
  EXPECT_TRUE(utf16_less("\xed\x9f\xbf", "\xf0\x9f\x98\x80"));  // U+D7FF before a surrogate
  EXPECT_TRUE(utf16_less("a", "ab"));
  EXPECT_FALSE(utf16_less("ab", "a"));
  EXPECT_FALSE(utf16_less("a", "a"));
}

TEST(ScriptValues, KnowsArrayIndexes) {
  EXPECT_EQ(array_index("0"), 0u);
  EXPECT_EQ(array_index("4294967294"), 4294967294u);
  EXPECT_EQ(array_index("4294967295"), std::nullopt);
  EXPECT_EQ(array_index("01"), std::nullopt);
  EXPECT_EQ(array_index(""), std::nullopt);
  EXPECT_EQ(array_index("-1"), std::nullopt);
}

TEST(LowerCase, DoesWhatJavaScriptDoes) {
  EXPECT_EQ(to_lower_case("DIV-x1"), "div-x1");
  EXPECT_EQ(to_lower_case("\xc3\x89\xc4\xb0\xd0\xaf"), "\xc3\xa9i\xcc\x87\xd1\x8f");
  EXPECT_EQ(to_lower_case("\xce\x91\xce\xa3"), "\xce\xb1\xcf\x82");  // a final sigma
  EXPECT_EQ(to_lower_case("\xce\xa3\xce\x91"), "\xcf\x83\xce\xb1");  // not final
  EXPECT_EQ(to_lower_case("\xf0\x90\x90\x80\xe1\xba\x9e"), "\xf0\x90\x90\xa8\xc3\x9f");
}

}  // namespace
}  // namespace canvas::crdt
