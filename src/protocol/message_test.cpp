#include "protocol/message.h"

#include <gtest/gtest.h>

#include "lib0/writer.h"

namespace canvas::protocol {
namespace {

Bytes frame_to(std::string_view address, std::initializer_list<int> rest) {
  lib0::Writer out;
  out.write_var_string(address);
  for (const int byte : rest) out.write_u8(static_cast<std::uint8_t>(byte));
  return out.take();
}

template <class T>
T read_as(Dialect dialect, const Bytes& frame) {
  const auto received = read_message(dialect, frame);
  EXPECT_TRUE(received) << received.error().message;
  const T* message = received ? std::get_if<T>(&received->message) : nullptr;
  EXPECT_NE(message, nullptr);
  return message == nullptr ? T{} : *message;
}

TEST(Message, ReadsWhatHocuspocusClientsSend) {
  using enum Dialect;
  EXPECT_EQ(as_text(read_as<SyncStep1>(hocuspocus, frame_to("d", {0, 0, 1, 'v'})).state_vector), "v");
  EXPECT_EQ(as_text(read_as<SyncStep2>(hocuspocus, frame_to("d", {0, 1, 1, 'u'})).update), "u");
  EXPECT_EQ(as_text(read_as<SyncUpdate>(hocuspocus, frame_to("d", {0, 2, 1, 'u'})).update), "u");
  EXPECT_EQ(as_text(read_as<AwarenessUpdate>(hocuspocus, frame_to("d", {1, 1, 'a'})).update), "a");
  EXPECT_EQ(read_as<Stateless>(hocuspocus, frame_to("d", {5, 2, 'h', 'i'})).payload, "hi");
  read_as<QueryAwareness>(hocuspocus, frame_to("d", {3}));
  read_as<CloseDocument>(hocuspocus, frame_to("d", {7}));
  read_as<Ping>(hocuspocus, {9});
  read_as<Pong>(hocuspocus, {10});
}

TEST(Message, ReadsTheTokenOfEveryVersion) {
  const Bytes old_frame = frame_to("d", {2, 0, 3, 't', 'o', 'k'});
  const AuthToken old = read_as<AuthToken>(Dialect::hocuspocus, old_frame);
  EXPECT_EQ(old.token, "tok");
  EXPECT_EQ(old.client_version, "");
  const Bytes v4_frame{0x01, 0x64, 0x02, 0x00, 0x03, 't', 'o', 'k', 0x05, '4', '.', '8', '.', '0'};
  const AuthToken v4 = read_as<AuthToken>(Dialect::hocuspocus, v4_frame);
  EXPECT_EQ(v4.token, "tok");
  EXPECT_EQ(v4.client_version, "4.8.0");
}

TEST(Message, KeepsTheAddressToTheLetter) {
  const Bytes frame = frame_to(std::string_view("doc\0session", 11), {7});
  const auto received = read_message(Dialect::hocuspocus, frame);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->address, std::string_view("doc\0session", 11));
  EXPECT_EQ(document_of(received->address), "doc");
  EXPECT_EQ(document_of("plain"), "plain");
}

TEST(Message, ReadsWhatYWebsocketClientsSend) {
  using enum Dialect;
  EXPECT_EQ(as_text(read_as<SyncStep1>(y_websocket, {0, 0, 1, 'v'}).state_vector), "v");
  EXPECT_EQ(as_text(read_as<SyncUpdate>(y_websocket, {0, 2, 1, 'u'}).update), "u");
  EXPECT_EQ(as_text(read_as<AwarenessUpdate>(y_websocket, {1, 1, 'a'}).update), "a");
  read_as<QueryAwareness>(y_websocket, {3});
}

TEST(Message, TellsTheProtocolsApartByTheFirstFrame) {
  EXPECT_EQ(detect_dialect(Bytes{0, 0, 1, 0}), Dialect::y_websocket);
  EXPECT_EQ(detect_dialect(frame_to("d", {2, 0, 0})), Dialect::hocuspocus);
}

TEST(Message, RefusesWhatIsMalformed) {
  using enum Dialect;
  for (const Bytes& frame : {Bytes{}, Bytes{5, 'a'}, frame_to("d", {}), frame_to("d", {11}),
                             frame_to("d", {0}), frame_to("d", {0, 3, 0}), frame_to("d", {0, 0, 9, 1}),
                             frame_to("d", {1, 1}), frame_to("d", {2, 1, 0}), frame_to("d", {2, 0, 1, 0xff}),
                             frame_to("d", {7, 7}), frame_to("\xff", {7})}) {
    const auto received = read_message(hocuspocus, frame);
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, Errc::malformed);
  }
  for (const Bytes& frame :
       {Bytes{}, Bytes{0}, Bytes{0, 5, 0}, Bytes{2, 0, 0}, Bytes{9}, Bytes{0, 0, 1, 'v', 1}}) {
    EXPECT_FALSE(read_message(y_websocket, frame));
  }
}

TEST(Message, RefusesWhatOnlyServersSay) {
  for (const int type : {4, 6}) {
    const auto received = read_message(Dialect::hocuspocus, frame_to("d", {type, 0}));
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, Errc::unsupported);
  }
}

}  // namespace
}  // namespace canvas::protocol
