#include "protocol/document_name.h"

#include <gtest/gtest.h>

namespace canvas::protocol {
namespace {

std::string from(std::string_view path, std::string_view prefix = "/ws") {
  const auto name = document_from_path(path, prefix);
  if (!name) return "refused";
  return name->value_or("none");
}

TEST(DocumentName, ComesFromThePathWithAndWithoutThePrefix) {
  EXPECT_EQ(from("/ws/plan"), "plan");
  EXPECT_EQ(from("/plan"), "plan");
  EXPECT_EQ(from("/wsplan"), "wsplan");
  EXPECT_EQ(from("/ws/a/b"), "a/b");
  EXPECT_EQ(from("/ws/plan", ""), "ws/plan");
  EXPECT_EQ(from("/ws/my%20plan%2fx"), "my plan/x");
}

TEST(DocumentName, IsNoneWhereThePathNamesNone) {
  EXPECT_EQ(from(""), "none");
  EXPECT_EQ(from("/"), "none");
  EXPECT_EQ(from("/ws"), "none");
  EXPECT_EQ(from("/ws/"), "none");
}

TEST(DocumentName, IsRefusedWhenItCannotBeOne) {
  EXPECT_EQ(from("/ws/%"), "refused");
  EXPECT_EQ(from("/ws/%2"), "refused");
  EXPECT_EQ(from("/ws/%zz"), "refused");
  EXPECT_EQ(from("/ws/%ff"), "refused");
  EXPECT_EQ(from("/ws/%00"), "refused");
  EXPECT_EQ(from("/ws/a%0ab"), "refused");
  EXPECT_EQ(from("/ws/%20"), "refused");
  EXPECT_EQ(from("/ws/" + std::string(513, 'a')), "refused");
  EXPECT_EQ(from("/ws/" + std::string(512, 'a')), std::string(512, 'a'));
  EXPECT_FALSE(check_document_name(""));
}

}  // namespace
}  // namespace canvas::protocol
