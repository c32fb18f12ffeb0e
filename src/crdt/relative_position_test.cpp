#include "crdt/relative_position.h"

#include <gtest/gtest.h>

#include "fixtures/hex.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::from_hex;
using testing::id;
using testing::to_hex;

struct Example {
  RelativePosition position;
  std::string_view hex;
  std::string_view json;
};

// Bytes and JSON of Yjs 13.6.33.
const Example examples[] = {
    {{.item = id(7, 2)}, "00070200", R"({"item":{"client":7,"clock":2},"assoc":0})"},
    {{.root_name = "t"}, "01017400", R"({"tname":"t","assoc":0})"},
    {{.type = id(7, 15), .association = -1}, "02070f41", R"({"type":{"client":7,"clock":15},"assoc":-1})"},
};

TEST(RelativePosition, IsWrittenAsYjsWritesIt) {
  for (const Example& example : examples) {
    EXPECT_EQ(to_hex(encode_relative_position(example.position)), example.hex);
    EXPECT_EQ(decode_relative_position(from_hex(example.hex)).value(), example.position);
    EXPECT_EQ(relative_position_to_json(example.position), example.json);
    EXPECT_EQ(relative_position_from_json(example.json).value(), example.position);
  }
}

TEST(RelativePosition, MayNameItsTypeBesideTheItem) {
  const RelativePosition position{.root_name = "t\"", .item = id((1ull << 53) - 1, 2), .association = 1};
  const std::string json = relative_position_to_json(position);
  EXPECT_EQ(json, R"({"tname":"t\"","item":{"client":9007199254740991,"clock":2},"assoc":1})");
  EXPECT_EQ(relative_position_from_json(json).value(), position);
  EXPECT_EQ(to_hex(encode_relative_position(position)), "00ffffffffffffff0f0201");
}

TEST(RelativePosition, TakesOneWithoutAnAssociation) {
  EXPECT_EQ(decode_relative_position(from_hex("010174")).value(), (RelativePosition{.root_name = "t"}));
  EXPECT_EQ(
      relative_position_from_json(R"({"type":null,"tname":"t","item":null,"assoc":null,"more":[]})").value(),
      (RelativePosition{.root_name = "t"}));
}

TEST(RelativePosition, RefusesBytesThatAreNone) {
  for (const std::string_view hex :
       {"", "00", "0007", "03070200", "0102c328", "01ffffffff0f74", "0007020000", "000702ff"}) {
    EXPECT_FALSE(decode_relative_position(from_hex(hex))) << hex;
  }
}

TEST(RelativePosition, RefusesJsonThatIsNone) {
  for (const std::string_view json :
       {"", "[]", "{}", R"({"assoc":0})", R"({"tname":1})", R"({"item":{"client":1}})", R"({"item":7})",
        R"({"item":{"client":-1,"clock":0}})", R"({"item":{"client":1.5,"clock":0}})",
        R"({"item":{"client":1e300,"clock":0}})", R"({"tname":"t","assoc":"x"})"}) {
    EXPECT_FALSE(relative_position_from_json(json)) << json;
  }
}

}  // namespace
}  // namespace canvas::crdt
