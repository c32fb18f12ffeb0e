#include "crdt/snapshot.h"

#include <gtest/gtest.h>

#include "crdt/wire_delete_set.h"
#include "fixtures/hex.h"
#include "fixtures/update_builder.h"

namespace canvas::crdt {
namespace {

using testing::from_hex;
using testing::to_hex;
using testing::UpdateBuilder;

// One document's, as Yjs 13.6.33 wrote it.
constexpr std::string_view v1 = "010703010108010d02010714";
constexpr std::string_view v2 = "010703010006000401010714";

TEST(Snapshot, IsWrittenAsYjsWritesIt) {
  const Snapshot snapshot = decode_snapshot(from_hex(v1)).value();
  EXPECT_EQ(snapshot.state, StateVector({{ClientId{7}, 20}}));
  EXPECT_EQ(snapshot.deleted.range_count(), 3u);
  EXPECT_EQ(to_hex(encode_snapshot(snapshot)), v1);
  EXPECT_EQ(to_hex(encode_snapshot_v2(snapshot)), v2);
  EXPECT_EQ(decode_snapshot_v2(from_hex(v2)).value(), snapshot);
}

TEST(Snapshot, IsEqualWhenItSaysTheSame) {
  const Snapshot snapshot = decode_snapshot(from_hex(v1)).value();
  EXPECT_EQ(decode_snapshot(from_hex("01070401010801"
                                     "0d010e01"
                                     "010714"))
                .value(),
            snapshot);
  Snapshot other = snapshot;
  other.deleted.add(ClientId{7}, {0, 1});
  EXPECT_FALSE(other == snapshot);
  other = snapshot;
  other.state = {};
  EXPECT_FALSE(other == snapshot);
}

TEST(Snapshot, RefusesWhatIsCutOffOrLeftOver) {
  for (const std::string_view hex : {v1, v2}) {
    const Bytes bytes = from_hex(hex);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(decode_snapshot(BytesView(bytes).first(length)));
      EXPECT_FALSE(decode_snapshot_v2(BytesView(bytes).first(length)));
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(decode_snapshot(longer));
    EXPECT_FALSE(decode_snapshot_v2(longer));
  }
  EXPECT_FALSE(
      decode_snapshot(from_hex("0107010100"
                               "00")));
  EXPECT_FALSE(decode_snapshot(from_hex("ffffffffffffff0f")));
}

TEST(SnapshotOfUpdate, HasWhatIsDeletedBelowTheState) {
  const Bytes update = UpdateBuilder()
                           .section(1, 0)
                           .text("abc")
                           .gc(2)
                           .deleted(1)
                           .skip(5)
                           .gc(1)
                           .erase(1, 0, 1)
                           .erase(1, 11, 1)
                           .erase(9, 0, 4)
                           .build();
  Snapshot expected;
  expected.state = StateVector({{ClientId{1}, 6}});
  expected.deleted.add(ClientId{1}, {0, 1});
  expected.deleted.add(ClientId{1}, {3, 3});
  EXPECT_EQ(snapshot_of_update(update).value(), expected);
  EXPECT_FALSE(snapshot_of_update(Bytes{1}));
}

TEST(WireDeleteSet, PassesRangesOnInTheirOrder) {
  const Bytes untidy{2, 1, 3, 9, 1, 3, 2, 4, 3, 5, 1, 0, 1};
  lib0::Reader in(untidy);
  const WireDeleteSet set = WireDeleteSet::read_v1(in);
  ASSERT_FALSE(in.failed());
  lib0::Writer out;
  set.write_v1(out);
  EXPECT_EQ(out.take(), (Bytes{2, 5, 1, 0, 1, 1, 3, 9, 1, 3, 2, 4, 3}));
  lib0::Writer joined;
  set.joined().write(joined);
  EXPECT_EQ(joined.take(), (Bytes{2, 5, 1, 0, 1, 1, 2, 3, 4, 9, 1}));
}

TEST(WireDeleteSet, PutsTheRangesOfAClientTogetherAndDropsEmptyOnes) {
  const Bytes twice{3, 1, 1, 0, 1, 2, 0, 1, 1, 5, 2};
  lib0::Reader in(twice);
  lib0::Writer out;
  WireDeleteSet::read_v1(in).write_v1(out);
  EXPECT_EQ(out.take(), (Bytes{1, 1, 2, 0, 1, 5, 2}));
}

TEST(WireDeleteSet, CountsThatPromiseMoreThanThereIsEndAtTheEnd) {
  for (const std::string_view hex : {"ffffffffffffff0f", "0101ffffffffffffff0f"}) {
    const Bytes endless = from_hex(hex);
    lib0::Reader one(endless);
    WireDeleteSet::read_v1(one);
    EXPECT_TRUE(one.failed());
    lib0::Reader other(endless);
    WireDeleteSet::read_v2(other);
    EXPECT_TRUE(other.failed());
  }
}

}  // namespace
}  // namespace canvas::crdt
