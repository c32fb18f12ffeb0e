#include "store/author.h"

#include <gtest/gtest.h>

#include "crdt/block_store.h"

namespace canvas::bench {
namespace {

TEST(Author, MakesUpdatesThatBuildOnOneAnother) {
  Author author(crdt::ClientId{12345}, 1);
  crdt::BlockStore document;
  std::size_t bytes = 0;
  for (int i = 0; i < 5000; ++i) {
    const Bytes update = author.next();
    bytes += update.size();
    EXPECT_LE(update.size(), 120u);
    const Result<crdt::BlockStore::Applied> applied = document.apply(update);
    ASSERT_TRUE(applied) << applied.error().message;
    ASSERT_FALSE(document.has_pending());
  }
  EXPECT_GT(bytes, 5000u * 25);
  EXPECT_GT(document.live_bytes(), 1000u);
}

}  // namespace
}  // namespace canvas::bench
