#include "protocol/frame.h"

#include <gtest/gtest.h>

#include "protocol/awareness.h"

namespace canvas::protocol {
namespace {

const Address hocus{Dialect::hocuspocus, "d"};
const Address y{Dialect::y_websocket, ""};

TEST(Frame, CarriesTheAddressForHocuspocusAndNoneForYWebsocket) {
  const Bytes update{'u'};
  EXPECT_EQ(*sync_update(hocus, update), (Bytes{0x82, 6, 1, 'd', 0, 2, 1, 'u'}));
  EXPECT_EQ(*sync_update(y, update), (Bytes{0x82, 4, 0, 2, 1, 'u'}));
  EXPECT_EQ(*sync_step1(y, update), (Bytes{0x82, 4, 0, 0, 1, 'u'}));
  EXPECT_EQ(*sync_step2(hocus, update), (Bytes{0x82, 6, 1, 'd', 0, 1, 1, 'u'}));
  EXPECT_EQ(*awareness_update(hocus, update), (Bytes{0x82, 5, 1, 'd', 1, 1, 'u'}));
}

TEST(Frame, SaysTheRestOfWhatAServerSays) {
  EXPECT_EQ(*sync_status(hocus, true), (Bytes{0x82, 4, 1, 'd', 8, 1}));
  EXPECT_EQ(*sync_status(hocus, false), (Bytes{0x82, 4, 1, 'd', 8, 0}));
  EXPECT_EQ(as_text(*authenticated(hocus, Scope::read_write)),
            "\x82\x0f\x01"
            "d\x02\x02\x0aread-write");
  EXPECT_EQ(as_text(*authenticated(hocus, Scope::read_only)),
            "\x82\x0d\x01"
            "d\x02\x02\x08readonly");
  EXPECT_EQ(*permission_denied(hocus, "no"), (Bytes{0x82, 7, 1, 'd', 2, 1, 2, 'n', 'o'}));
  EXPECT_EQ(*permission_denied(y, "no"), (Bytes{0x82, 5, 2, 0, 2, 'n', 'o'}));
  EXPECT_EQ(*pong(), (Bytes{0x82, 1, 10}));
  EXPECT_EQ(*keep_alive(y), (Bytes{0x82, 3, 1, 1, 0}));
}

TEST(Frame, HasTheLengthInOneThreeOrNineBytes) {
  const auto header = [](std::size_t update_size) {
    const Frame frame = sync_update(y, Bytes(update_size));
    return Bytes(frame->begin(), frame->begin() + 10);
  };
  EXPECT_EQ(header(122), (Bytes{0x82, 125, 0, 2, 122, 0, 0, 0, 0, 0}));
  EXPECT_EQ(header(123), (Bytes{0x82, 126, 0, 126, 0, 2, 123, 0, 0, 0}));
  EXPECT_EQ(header(70'000), (Bytes{0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x75}));
}

TEST(Awareness, ComesBackAsItWasWritten) {
  const std::vector<AwarenessEntry> entries{{7, 3, R"({"name":"Ada"})"}, {(1ull << 53) - 1, 1, "null"}};
  const Bytes bytes = write_awareness(entries);
  const auto read = read_awareness(bytes);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].client, 7u);
  EXPECT_EQ((*read)[0].state, R"({"name":"Ada"})");
  EXPECT_FALSE((*read)[0].is_gone());
  EXPECT_TRUE((*read)[1].is_gone());
}

TEST(Awareness, RefusesWhatIsMalformed) {
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes{1, 1, 1, 1, '{'}, Bytes{1, 1, 1, 9, '1'}, Bytes{0, 0},
                             Bytes{0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, '1'}}) {
    EXPECT_FALSE(read_awareness(bytes));
  }
}

}  // namespace
}  // namespace canvas::protocol
