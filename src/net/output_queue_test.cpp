#include "net/output_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <numeric>
#include <string>

namespace canvas::net {
namespace {

SharedBytes bytes(std::string_view text) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
}

// Two ends of a connection whose buffers are as small as the system makes them.
class OutputQueueTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    const int small = 1;
    ::setsockopt(ends_[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
  }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  OutputQueue::Flushed flush() { return queue_.flush(ends_[0]); }
  std::string read_all() {
    std::string all;
    char part[4096];
    for (ssize_t count = 0; (count = ::read(ends_[1], part, sizeof part)) > 0;)
      all.append(part, static_cast<std::size_t>(count));
    return all;
  }

  int ends_[2] = {-1, -1};
  OutputQueue queue_;
};

TEST_F(OutputQueueTest, SendsManyBuffersInTheirOrder) {
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    expected += std::to_string(i) + ",";
    queue_.push(bytes(std::to_string(i) + ","));
  }
  queue_.push(bytes(""));
  EXPECT_EQ(queue_.bytes(), expected.size());
  std::string got;
  while (flush() == OutputQueue::Flushed::blocked) got += read_all();
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(got + read_all(), expected);
}

TEST_F(OutputQueueTest, GoesOnInTheMiddleOfABufferThatWasTakenInPart) {
  std::string large(1'000'000, ' ');
  std::iota(large.begin(), large.end(), 'a');
  queue_.push(bytes("head "));
  queue_.push(bytes(large));
  queue_.push(bytes(" tail"));
  std::string got;
  int blocked = 0;
  while (flush() == OutputQueue::Flushed::blocked) {
    ++blocked;
    got += read_all();
    EXPECT_EQ(queue_.bytes(), 1'000'010u - got.size());
  }
  EXPECT_GT(blocked, 3);
  EXPECT_EQ(got + read_all(), "head " + large + " tail");
}

TEST_F(OutputQueueTest, GoesOnFromOnePartlyTakenBufferToAnother) {
  std::string expected;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string next(1 + i * 37 % 1009, static_cast<char>('a' + i % 26));
    expected += next;
    queue_.push(bytes(next));
  }
  std::string got;
  while (flush() == OutputQueue::Flushed::blocked) got += read_all();
  EXPECT_EQ(got + read_all(), expected);
}

TEST_F(OutputQueueTest, DiscardsWhatIsUnsentAndKeepsTheBufferThatHasBegun) {
  const std::string large(1'000'000, 'x');
  queue_.push(bytes(large));
  queue_.push(bytes("never"));
  ASSERT_EQ(flush(), OutputQueue::Flushed::blocked);
  std::string got = read_all();
  queue_.discard_unsent();
  queue_.push(bytes("close"));
  while (flush() == OutputQueue::Flushed::blocked) got += read_all();
  EXPECT_EQ(got + read_all(), large + "close");

  queue_.push(bytes("nothing of it is sent"));
  queue_.discard_unsent();
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(flush(), OutputQueue::Flushed::all);
  EXPECT_EQ(read_all(), "");
}

TEST_F(OutputQueueTest, SaysThatTheConnectionIsBroken) {
  ::close(ends_[1]);
  ends_[1] = -1;
  queue_.push(bytes("x"));
  EXPECT_EQ(flush(), OutputQueue::Flushed::failed);
  EXPECT_TRUE(queue_.empty());
}

}  // namespace
}  // namespace canvas::net
