// The power goes at any moment. What was acknowledged is on the disk, and the database can be read.
#include <gtest/gtest.h>

#include <future>
#include <iostream>
#include <set>
#include <thread>

#include "fixtures/forgetful_disk.h"
#include "fixtures/temporary_folder.h"
#include "log/log.h"
#include "store/sqlite_database.h"

namespace canvas {
namespace {

using testing::ForgetfulDisk;
using testing::TemporaryFolder;

constexpr std::size_t document_count = 4;

// An update here is its number and a comma: what a merge puts together can be taken apart again.
Result<Bytes> concatenate(std::span<const BytesView> updates) {
  Bytes all;
  for (const BytesView update : updates) all.insert(all.end(), update.begin(), update.end());
  return all;
}

class Acknowledged final : public store::CommitSink {
public:
  void on_committed(std::vector<store::Ticket> tickets) override {
    const std::lock_guard lock(mutex_);
    for (const store::Ticket& ticket : tickets) sequences_.insert(ticket.sequence);
  }
  std::set<std::uint64_t> so_far() {
    const std::lock_guard lock(mutex_);
    return sequences_;
  }

private:
  std::mutex mutex_;
  std::set<std::uint64_t> sequences_;
};

std::string document_of(std::uint64_t sequence) {
  return "d" + std::to_string(sequence % document_count);
}

Result<store::StoredDocument> load(store::Store& store, const std::string& document) {
  std::promise<Result<store::StoredDocument>> loaded;
  store.load(document, [&](Result<store::StoredDocument> result) { loaded.set_value(std::move(result)); });
  return loaded.get_future().get();
}

void compact(store::Store& store, const std::string& document) {
  std::promise<void> done;
  store.compact(document, [&](const Result<store::Compacted>&) { done.set_value(); });
  done.get_future().get();
}

// The numbers that are in a database; each document must have them in the order in which they were written.
Result<std::set<std::uint64_t>> read_back(const std::filesystem::path& folder) {
  auto store = store::open_sqlite_store(folder / "documents.sqlite", {}, concatenate);
  if (!store) return store.error();
  std::set<std::uint64_t> found;
  for (std::size_t i = 0; i < document_count; ++i) {
    const Result<store::StoredDocument> document = load(**store, "d" + std::to_string(i));
    if (!document) return document.error();
    std::string text(as_text(document->state));
    for (const store::StoredUpdate& update : document->updates) text += as_text(update.bytes);
    text.erase(0,
               std::min<std::size_t>(text.size(), 2));  // the update of nothing that every state begins with
    std::uint64_t last = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find(',', at);
      const std::uint64_t number = std::stoull(text.substr(at, end - at));
      if (number <= last) return malformed("updates are in an order in which nobody wrote them");
      found.insert(last = number);
      at = end + 1;
    }
  }
  return found;
}

// Writes and folds without a pause; cuts the power `cuts` times. Gives how many acknowledged updates were
// lost, over all cuts.
std::size_t lose(ForgetfulDisk::Sync sync, int cuts, unsigned seed) {
  std::mt19937 random(seed);
  const ForgetfulDisk disk(sync);
  const TemporaryFolder folder;
  Acknowledged acknowledged;
  auto store =
      std::move(store::open_sqlite_store(folder.path() / "documents.sqlite", {}, concatenate)).value();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t sequence = 1; !stop; ++sequence) {
      const std::string text = std::to_string(sequence) + ",";
      auto bytes = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
      store->append({std::make_shared<const std::string>(document_of(sequence)),
                     bytes,
                     *bytes,
                     "",
                     &acknowledged,
                     {1, sequence}});
      if (sequence % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::thread folder_of_logs([&] {
    for (std::uint64_t i = 0; !stop; ++i) {
      compact(*store, document_of(i));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  std::size_t lost = 0;
  for (int cut = 0; cut < cuts; ++cut) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % 40));
    const std::set<std::uint64_t> promised = acknowledged.so_far();
    const TemporaryFolder after;
    disk.cut_power(folder.path(), after.path(), random);
    const Result<std::set<std::uint64_t>> found = read_back(after.path());
    if (!found) std::cerr << "cut " << cut << ": " << found.error().message << "\n";
    for (const std::uint64_t sequence : promised) lost += found && found->contains(sequence) ? 0u : 1u;
  }
  EXPECT_GT(acknowledged.so_far().size(), 100u) << "nothing much was tested";
  stop = true;
  writer.join();
  folder_of_logs.join();
  return lost;
}

TEST(PowerCut, LosesNothingThatWasAcknowledged) {
  EXPECT_EQ(lose(ForgetfulDisk::Sync::honest, 40, 1), 0u);
}

// The control.
TEST(PowerCut, ADiskThatLiesAboutSyncingIsNoticed) {
  EXPECT_GT(lose(ForgetfulDisk::Sync::lying, 5, 2), 0u);
}

}  // namespace
}  // namespace canvas
