#include "main/console.h"

#include <gtest/gtest.h>

namespace canvas {
namespace {

TEST(Console, SaysSizesInUnitsThatFit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(1u << 20), "1.0 MiB");
  EXPECT_EQ(size_text((1u << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(10'000'000'000), "9.3 GiB");
}

TEST(Console, CountsInWords) {
  EXPECT_EQ(count_text(0, "row"), "0 rows");
  EXPECT_EQ(count_text(1, "row"), "1 row");
}

TEST(Console, TakesWhatATerminalObeysOutOfNames) {
  EXPECT_EQ(document_text("it's \x1b[2J"), "document 'it's \\u{1b}[2J'");
}

TEST(Console, EndsWithTwoWhenItWasMisused) {
  EXPECT_EQ(fail({Errc::invalid_use, "no"}), 2);
  EXPECT_EQ(fail({Errc::unavailable, "no"}), 1);
}

}  // namespace
}  // namespace canvas
