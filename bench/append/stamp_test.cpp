#include "append/stamp.h"

#include <gtest/gtest.h>

#include <string>

namespace canvas::bench {
namespace {

TEST(Stamp, ComesBackFromTheText) {
  const Stamp stamp{0xfffffffe, 0x123456789abcdef0};
  for (const std::size_t size : {stamp_bytes, stamp_bytes + 1, std::size_t{1000}}) {
    std::string text(size, '\0');
    write_stamp(text, stamp);
    EXPECT_EQ(read_stamp(text), stamp);
  }
}

TEST(Stamp, IsNotThereWhenTheTextIsAnother) {
  std::string text(40, '\0');
  write_stamp(text, {7, 9});
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = 'x';
    EXPECT_FALSE(read_stamp(changed)) << i;
  }
  EXPECT_FALSE(read_stamp(std::string_view(text).substr(0, stamp_bytes - 1)));
}

}  // namespace
}  // namespace canvas::bench
