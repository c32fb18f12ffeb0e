#include "lib0/any_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "base/json_text.h"
#include "fixtures/hex.h"
#include "lib0/any.h"

namespace canvas::lib0 {
namespace {

using testing::from_hex;
using testing::to_hex;

// The JSON of an Any value, none where there is none.
std::optional<std::string> json_of(std::string_view hex) {
  const Bytes any = from_hex(hex);
  Reader in(any);
  std::string json;
  const bool is_there = write_any_as_json(in, json);
  EXPECT_FALSE(in.failed());
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(json.empty(), !is_there);
  return is_there ? std::optional(json) : std::nullopt;
}

std::string any_of(std::string_view json) {
  Writer any;
  const auto written = write_json_as_any(json, any);
  EXPECT_TRUE(written.has_value()) << json;
  return to_hex(any.bytes());
}

std::string number(double value) {
  std::string text;
  append_json_number(text, value);
  return text;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(AnyJson, WritesNumbersAsJavaScriptDoes) {
  const std::pair<double, const char*> table[] = {{0.0, "0"},
                                                  {-0.0, "0"},
                                                  {-1, "-1"},
                                                  {9007199254740991, "9007199254740991"},
                                                  {123456789012345680000.0, "123456789012345680000"},
                                                  {1e21, "1e+21"},
                                                  {-1.5e300, "-1.5e+300"},
                                                  {1e-6, "0.000001"},
                                                  {1.25e-7, "1.25e-7"},
                                                  {0.1, "0.1"},
                                                  {100.5, "100.5"},
                                                  {5e-324, "5e-324"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {std::numeric_limits<double>::infinity(), "null"},
                                                  {std::nan(""), "null"}};
  for (const auto& [value, text] : table) EXPECT_EQ(number(value), text);
}

TEST(AnyJson, WritesAnyAsJsonStringifyDoes) {
  EXPECT_EQ(json_of("7e"), "null");
  EXPECT_EQ(json_of("79"), "false");
  EXPECT_EQ(json_of("78"), "true");
  EXPECT_EQ(json_of("7d40"), "0");  // -0
  EXPECT_EQ(json_of("7c3fc00000"), "1.5");
  EXPECT_EQ(json_of("7b7ff8000000000000"), "null");  // NaN
  EXPECT_EQ(json_of("7affffffffffffffff"), "-1");
  EXPECT_EQ(json_of("7705220a7f5c08"), "\"\\\"\\n\x7f\\\\\\b\"");
  EXPECT_EQ(json_of("740209ff"), R"({"0":9,"1":255})");
  EXPECT_EQ(json_of("7400"), "{}");
  EXPECT_EQ(json_of("75037f7e7d01"), "[null,null,1]");
  EXPECT_EQ(json_of("760201617f01627600"), R"({"b":{}})");
}

TEST(AnyJson, UndefinedIsNothing) {
  EXPECT_EQ(json_of("7f"), std::nullopt);
}

TEST(AnyJson, OrdersKeysAsAnObjectOfJavaScriptDoes) {
  // {b: 1, "10": 2, "2": 3, a: 4, b: 5, "01": 6}
  EXPECT_EQ(json_of("760601627d010231307d0201327d0301617d0401627d050230317d06"),
            R"({"2":3,"10":2,"b":5,"a":4,"01":6})");
  EXPECT_EQ(normalize_json(R"({"4294967295":1,"4294967294":2,"x":[{"1":0,"0":0}]})"),
            R"({"4294967294":2,"4294967295":1,"x":[{"0":0,"1":0}]})");
  // More keys than are compared each with each.
  EXPECT_EQ(normalize_json(R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"a":2})"),
            R"({"a":2,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1})");
}

TEST(AnyJson, LeavesOutWhatWouldSetAPrototype) {
  EXPECT_EQ(json_of("7601095f5f70726f746f5f5f7d01"), "{}");
  EXPECT_EQ(normalize_json(R"({"__proto__":1})"), R"({"__proto__":1})");
}

TEST(AnyJson, WritesJsonAsLib0WritesTheParsedValue) {
  EXPECT_EQ(any_of(" null "), "7e");
  EXPECT_EQ(any_of("-0"), "7d40");
  EXPECT_EQ(any_of("2147483647"), "7dbfffffff0f");
  EXPECT_EQ(any_of("2147483648"), "7c4f000000");
  EXPECT_EQ(any_of("0.1"), "7b3fb999999999999a");
  EXPECT_EQ(any_of("1e400"), "7c7f800000");
  EXPECT_EQ(any_of("1e-400"), "7d00");
  EXPECT_EQ(any_of(R"("\ud83d\ude00\ud83d")"), "7707f09f9880efbfbd");
  EXPECT_EQ(any_of(R"( { "a" : [ true , false ] , "a" : "\u0041" } )"), "76010161770141");
}

TEST(AnyJson, RefusesWhatIsNoJson) {
  for (const std::string_view text : {"", "undefined", "{", "[1,]", "01", "\"\n\""}) {
    Writer any;
    EXPECT_FALSE(write_json_as_any(text, any)) << text;
    EXPECT_EQ(any.size(), 0u);
  }
}

TEST(AnyJson, NormalizesEscapesNumbersAndSpaces) {
  EXPECT_EQ(normalize_json(" [ 1.0 , 1E2 , \"\\u00e9\\/\\u001f\\ud800\" ] "),
            "[1,100,\"\xc3\xa9/\\u001f\\ud800\"]");
  EXPECT_EQ(normalize_json("-0"), "0");
  EXPECT_EQ(normalize_json(R"({"\ud800":1,"\ud801":2})"), R"({"\ud800":1,"\ud801":2})");
}

TEST(AnyJson, TakesAsManyLevelsAsItSays) {
  const std::string deepest = nested(max_json_depth);
  EXPECT_EQ(normalize_json(deepest), deepest);
  Writer any;
  ASSERT_TRUE(write_json_as_any(deepest, any));
  Reader in(any.bytes());
  std::string json;
  EXPECT_TRUE(write_any_as_json(in, json));
  EXPECT_EQ(json, deepest);
  EXPECT_FALSE(write_json_as_any(nested(10'000), any));
}

TEST(AnyJson, RefusesTenThousandLevelsAndBytesAtTheLast) {
  const auto nested_any = [](std::size_t depth, const Bytes& innermost) {
    Bytes any;
    for (std::size_t i = 0; i < depth; ++i) any.insert(any.end(), {117, 1});
    any.insert(any.end(), innermost.begin(), innermost.end());
    return any;
  };
  for (const Bytes& any : {nested_any(10'000, {126}), nested_any(max_any_depth, {116, 1, 1})}) {
    Reader in(any);
    std::string json;
    EXPECT_FALSE(write_any_as_json(in, json));
    EXPECT_TRUE(in.failed());
    EXPECT_TRUE(json.empty());
  }
}

TEST(AnyJson, RefusesLengthsOfGigabytes) {
  for (const std::string_view hex : {"77ffffffff0f", "74ffffffffffffff0f", "75ffffffffffffff0f7e"}) {
    const Bytes any = from_hex(hex);
    Reader in(any);
    std::string json;
    EXPECT_FALSE(write_any_as_json(in, json));
    EXPECT_TRUE(in.failed());
  }
}

TEST(AnyNumbers, ComeBackAsTheyWere) {
  for (const double value :
       {0.0, -0.0, 1.0, -2147483647.0, 2147483648.0, 0.1, 1.5, 1e300, 9007199254740991.0}) {
    Writer out;
    write_any_number(out, value);
    Reader in(out.bytes());
    const std::optional<double> again = read_any_number(in);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, value);
    EXPECT_EQ(std::signbit(*again), std::signbit(value));
  }
}

}  // namespace
}  // namespace canvas::lib0
