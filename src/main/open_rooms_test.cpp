#include "main/open_rooms.h"

#include <gtest/gtest.h>

namespace canvas {
namespace {

TEST(OpenRooms, AreReadFromTheAnswer) {
  const auto rooms = read_open_rooms(R"({"rooms":[{"document":"a \"b\"","members":2,"read_only":null},)"
                                     R"({"document":"c","members":0,"read_only":"damaged"}]})");
  ASSERT_TRUE(rooms);
  EXPECT_EQ(rooms->size(), 2u);
  EXPECT_EQ(rooms->at("a \"b\"").members, 2u);
  EXPECT_EQ(rooms->at("a \"b\"").read_only, "");
  EXPECT_EQ(rooms->at("c").read_only, "damaged");
}

TEST(OpenRooms, AreNotReadFromAnythingElse) {
  for (const char* text : {"", "[]", "{}", R"({"rooms":{}})", R"({"rooms":[1]})",
                           R"({"rooms":[{"document":"a"}]})", R"({"rooms":[{"document":"a","members":-1}]})",
                           R"({"rooms":[{"document":1,"members":1}]})", R"({"rooms":[]} x)"}) {
    EXPECT_FALSE(read_open_rooms(text)) << text;
  }
}

TEST(OpenRooms, NeedTheUrlOfAServer) {
  for (const char* url :
       {"localhost:3002", "https://localhost", "http://", "http://host:0", "http://host:65536",
        "http://host:12x", "http://a b", "http://host/path", "http://[::1", "http://[::1]x"}) {
    const auto rooms = ask_open_rooms(url);
    ASSERT_FALSE(rooms) << url;
    EXPECT_EQ(rooms.error().code, Errc::invalid_use) << url;
  }
}

TEST(OpenRooms, AreUnknownWhenNoServerAnswers) {
  EXPECT_EQ(ask_open_rooms("http://127.0.0.1:1").error().code, Errc::unavailable);
  EXPECT_EQ(ask_open_rooms("http://[::1]:1/").error().code, Errc::unavailable);
}

}  // namespace
}  // namespace canvas
