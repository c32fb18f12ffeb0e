#include "crdt/convert.h"

#include <gtest/gtest.h>

#include "crdt/update_reader.h"
#include "crdt/update_v2_reader.h"
#include "fixtures/hex.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::from_hex;
using testing::id;
using testing::to_hex;
using testing::UpdateBuilder;

// All kinds of content, a gap and deletions, as Yjs 13.6.33 wrote them.
constexpr std::string_view all_kinds_v1 =
    "021007000601017404626f6c640474727565810700018407010569f09f988086070404626f6c64046e756c6c450700157b22696d"
    "616765223a2278222c226e223a312e357d2301016d016b030102032101016d016e01880708017d0608010161017d0188070a0277"
    "0374776f7601016175027e78c1070a070b0100010701017803017087070f0501682901016d016401677601086175746f4c6f6164"
    "7882070c02077b2262223a317d09756e646566696e65640301000401017401610a018401010163010703010108010d02";
constexpr std::string_view all_kinds_v2 =
    "00030003010447094100090002060804000a4656020016250600810084008600450023002100880008008800c100000007008700"
    "2"
    "900820004000a0084372c74626f6c6469f09f9880626f6c646d6b6d6e617870686d64677b2262223a317d756e646566696e65647"
    "4"
    "616301040304410907094101010102030506410202410002021000787e760205696d616765770178016e7c3fc00000030102037d"
    "0"
    "67d01770374776f7601016175027e787601086175746f4c6f616478030001010703010006000401";

// Columns and rest of an update in format v2, put together by hand.
struct V2 {
  Bytes key_clocks = {}, clients = {}, left_clocks = {}, right_clocks = {}, infos = {}, strings = {0};
  Bytes parent_infos = {}, type_references = {}, lengths = {}, rest = {};

  Bytes build() const {
    lib0::Writer out;
    out.write_u8(0);
    for (const Bytes* column : {&key_clocks, &clients, &left_clocks, &right_clocks, &infos, &strings,
                                &parent_infos, &type_references, &lengths}) {
      out.write_var_bytes(*column);
    }
    out.write_bytes(rest);
    return out.take();
  }
};

// Of one section of `count` blocks that begin at clock 0, and no deletions.
Bytes one_section(std::uint64_t count) {
  lib0::Writer rest;
  rest.write_var_uint(1);
  rest.write_var_uint(count);
  rest.write_var_uint(0);
  rest.write_var_uint(0);
  return rest.take();
}

std::string message_of(const Result<Bytes>& result) {
  return result ? "nothing" : result.error().message;
}

TEST(Convert, WritesWhatYjsWrites) {
  EXPECT_EQ(to_hex(convert_v1_to_v2(from_hex(all_kinds_v1)).value()), all_kinds_v2);
  EXPECT_EQ(to_hex(convert_v2_to_v1(from_hex(all_kinds_v2)).value()), all_kinds_v1);
}

TEST(Convert, AnEmptyUpdateStaysOne) {
  const Bytes v1{0, 0};
  const Bytes v2 = convert_v1_to_v2(v1).value();
  EXPECT_EQ(to_hex(v2), "00000000000001000000000000");
  EXPECT_EQ(convert_v2_to_v1(v2).value(), v1);
}

TEST(Convert, NormalizesJsonAndForgetsImpliedKeys) {
  const std::string_view json = "{ \"b\" : 1.0, \"1\":[] }";
  const Bytes untidy = UpdateBuilder()
                           .section(1, 0)
                           .block(ContentKind::embed, {}, {1, as_bytes(json)})
                           .text("a", {.origin = id(2, 5), .key = "k"})
                           .build();
  const Bytes tidy = UpdateBuilder()
                         .section(1, 0)
                         .block(ContentKind::embed, {}, {1, as_bytes(R"({"1":[],"b":1})")})
                         .text("a", {.origin = id(2, 5)})
                         .build();
  const Bytes v2 = convert_v1_to_v2(untidy).value();
  EXPECT_EQ(v2, convert_v1_to_v2(tidy).value());
  EXPECT_EQ(convert_v2_to_v1(v2).value(), tidy);
}

TEST(Convert, JoinsAndSortsDeletionsOnlyWhereV2CannotSayThem) {
  // Touching ranges stay two; ranges that descend are sorted, and joined where they overlap.
  EXPECT_EQ(convert_v2_to_v1(convert_v1_to_v2(Bytes{0, 1, 1, 2, 0, 3, 3, 2}).value()).value(),
            (Bytes{0, 1, 1, 2, 0, 3, 3, 2}));
  EXPECT_EQ(convert_v2_to_v1(convert_v1_to_v2(Bytes{0, 1, 1, 3, 9, 1, 0, 3, 2, 2}).value()).value(),
            (Bytes{0, 1, 1, 2, 0, 4, 9, 1}));
}

TEST(Convert, RefusesClocksThatV2CannotSay) {
  const Bytes far = UpdateBuilder().section(1, 0).text("a", {.origin = id(2, max_clock)}).build();
  const Result<Bytes> converted = convert_v1_to_v2(far);
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, Errc::unsupported);
}

TEST(Convert, RefusesWhatCheckUpdateRefuses) {
  // In the second what follows the bad section would do as a delete set.
  for (const Bytes& bad :
       {Bytes{}, Bytes{0x60, 0x40, 1, 0, 0}, Bytes{1, 1, 1, 0}, Bytes{0, 1, 1, 1, 5, 0}, Bytes{0, 0, 0},
        UpdateBuilder().section(1, 5).text("a", {.origin = id(1, 5)}).build(),
        UpdateBuilder().section(1, 0).block(ContentKind::embed, {}, {1, Bytes{'!'}}).build()}) {
    ASSERT_FALSE(check_update(bad));
    EXPECT_FALSE(convert_v1_to_v2(bad));
  }
}

TEST(UpdateV2, RefusesEveryPrefixAndWhatIsLeftOver) {
  const Bytes update = from_hex(all_kinds_v2);
  ASSERT_TRUE(check_update_v2(update));
  for (std::size_t length = 0; length < update.size(); ++length) {
    EXPECT_FALSE(check_update_v2(BytesView(update).first(length))) << length;
  }
  Bytes longer = update;
  longer.push_back(0);
  EXPECT_FALSE(check_update_v2(longer));
}

TEST(UpdateV2, RefusesFeaturesAndUpdatesOfFormatV1) {
  Bytes update = from_hex(all_kinds_v2);
  update[0] = 1;
  EXPECT_FALSE(check_update_v2(update));
  EXPECT_FALSE(check_update_v2(from_hex(all_kinds_v1)));
}

TEST(UpdateV2, TakesAKeyThatIsUsedAgain) {
  // Two XmlElements in root "r": the second has the key of clock 0 once more.
  V2 update;
  update.key_clocks = {1, 0};  // the difference 0, twice
  update.clients = {7};
  update.infos = {7};
  update.strings = {3, 'r', 'p', 'r', 0x41, 1};
  update.parent_infos = {1};
  update.type_references = {0x43, 0};
  update.rest = one_section(2);
  const Bytes p{3, 1, 'p'};
  EXPECT_EQ(convert_v2_to_v1(update.build()).value(), UpdateBuilder()
                                                          .section(7, 0)
                                                          .block(ContentKind::type, {.root = "r"}, {1, p})
                                                          .block(ContentKind::type, {.root = "r"}, {1, p})
                                                          .build());
}

TEST(UpdateV2, RefusesBlocksWhoseColumnsAreUsedUp) {
  V2 update;
  update.clients = {1};
  update.infos = {0};
  update.lengths = {1, 1};
  update.rest = one_section(2);
  EXPECT_TRUE(check_update_v2(update.build()));
  update.rest = one_section(3);
  EXPECT_FALSE(check_update_v2(update.build()));
}

TEST(UpdateV2, RefusesMoreBlocksThanAnUpdateMayAnnounceByRuns) {
  V2 update;
  update.clients = {1};
  update.infos = {0};                                                       // GC, for ever
  update.lengths = {0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};  // 1, 2^53 times
  update.rest = one_section(std::uint64_t{1} << 50);
  const Bytes bytes = update.build();
  EXPECT_LT(bytes.size(), 40u);
  EXPECT_EQ(message_of(convert_v2_to_v1(bytes)), "an update announces more blocks than it may");
  // A million take no more than they may.
  update.rest = one_section(1'000'000);
  EXPECT_TRUE(check_update_v2(update.build()));
}

TEST(UpdateV2, RefusesALongKeyThatIsUsedTooOften) {
  constexpr std::size_t key_bytes = 1000;
  V2 update;
  update.key_clocks = {1, 0xff, 0xff, 0xff, 0x0f};
  update.clients = {7};
  update.infos = {7};
  lib0::Writer strings;
  strings.write_var_string("r" + std::string(key_bytes, 'k'));
  strings.write_var_int(false, 1);
  strings.write_var_int(false, key_bytes);
  strings.write_var_int(true, 0);  // the roots of the others are empty
  strings.write_var_uint(1'000'000);
  update.strings = strings.take();
  update.parent_infos = {1};
  update.type_references = {0x43, 0xff, 0xff, 0xff, 0x0f};
  update.rest = one_section(100'000);
  EXPECT_EQ(message_of(convert_v2_to_v1(update.build())), "an update announces more blocks than it may");
  update.rest = one_section(1000);
  EXPECT_TRUE(check_update_v2(update.build()));
}

TEST(UpdateV2, RefusesLengthsOfGigabytes) {
  EXPECT_FALSE(check_update_v2(from_hex("00ffffffff0f")));
  V2 update;
  update.clients = {1};
  update.infos = {4};
  update.parent_infos = {1};
  update.rest = one_section(1);
  for (const Bytes& strings :
       {Bytes{0xff, 0xff, 0xff, 0xff, 0x0f, 't'}, Bytes{1, 't', 1, 0xbf, 0xff, 0xff, 0xff, 0xff, 0x0f}}) {
    update.strings = strings;
    EXPECT_FALSE(check_update_v2(update.build()));
  }
}

TEST(UpdateV2, RefusesWhatV1HasNoJsonFor) {
  V2 update;
  update.clients = {1};
  update.infos = {5};
  update.strings = {1, 't', 1};
  update.parent_infos = {1};
  const auto with_embed = [&](const Bytes& any) {
    update.rest = {1, 1, 0};
    update.rest.insert(update.rest.end(), any.begin(), any.end());
    update.rest.push_back(0);
    return update.build();
  };
  EXPECT_TRUE(check_update_v2(with_embed({126})));
  EXPECT_FALSE(check_update_v2(with_embed({127})));
  Bytes deep;
  for (int i = 0; i < 10'000; ++i) deep.insert(deep.end(), {117, 1});
  deep.push_back(126);
  EXPECT_FALSE(check_update_v2(with_embed(deep)));
}

TEST(UpdateV2, RefusesUnknownContentsTypesAndBlocksFromTheFuture) {
  V2 update;
  update.clients = {1};
  update.parent_infos = {1};
  update.strings = {1, 't', 1};
  update.rest = one_section(1);
  update.infos = {11};
  EXPECT_FALSE(check_update_v2(update.build()));
  update.infos = {7};
  update.type_references = {7};
  EXPECT_FALSE(check_update_v2(update.build()));
  update.type_references = {6};
  EXPECT_TRUE(check_update_v2(update.build()));
  // Its parent is itself.
  update.parent_infos = {0};
  update.clients = {0x41, 0};
  update.left_clocks = {0};
  EXPECT_FALSE(check_update_v2(update.build()));
}

TEST(UpdateV2, RefusesClocksPast53Bits) {
  EXPECT_TRUE(check_update_v2(convert_v1_to_v2(UpdateBuilder().section(1, 0).gc(max_clock).build()).value()));
  V2 update;
  update.clients = {1};
  update.infos = {0};
  update.lengths = {0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 1};
  update.rest = one_section(2);
  EXPECT_FALSE(check_update_v2(update.build()));
  // Deletions: the second begins where the first ends.
  lib0::Writer deletions;
  deletions.write_var_uint(0);
  deletions.write_var_uint(1);
  deletions.write_var_uint(1);
  deletions.write_var_uint(2);
  deletions.write_var_uint(max_clock - 1);
  deletions.write_var_uint(0);
  deletions.write_var_uint(0);
  deletions.write_var_uint(0);
  V2 deleting;
  deleting.rest = deletions.take();
  EXPECT_FALSE(check_update_v2(deleting.build()));
}

}  // namespace
}  // namespace canvas::crdt
