// worst_time [N]: how the time of each entry of the engine grows from nasty inputs of size N (2,000) to 2 N
// and 4 N.
//
// Prints milliseconds of processor time, nanoseconds a byte at 4 N, and how much more 4 N takes than 2 N:
// near 2 is linear, near 4 quadratic. Figures of a build with sanitizers are larger, their growth is not.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iterator>

#include "crdt/block_store.h"
#include "crdt/convert.h"
#include "crdt/difference.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/read.h"
#include "crdt/merge.h"
#include "crdt/snapshot.h"
#include "crdt/update_meta.h"
#include "crdt/update_reader.h"
#include "nasty_inputs.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

using Updates = std::vector<Bytes>;

// What comes of it is nothing to us, an error neither.
template <typename T>
void drop(const T&) {}

template <typename Call>
void for_each(const Updates& updates, Call call) {
  for (const Bytes& update : updates) drop(call(update));
}

void convert_there_and_back(const Updates& updates) {
  for (const Bytes& update : updates) {
    if (const auto v2 = convert_v1_to_v2(update)) drop(convert_v2_to_v1(*v2));
  }
}

void feed_store(const Updates& updates) {
  BlockStore store;
  for_each(updates, [&store](const Bytes& update) { return store.apply(update); });
  drop(store.encode_state());
}

void merge(const Updates& updates) {
  drop(merge_updates(std::vector<BytesView>(updates.begin(), updates.end())));
}

void feed(Doc& doc, const Updates& updates) {
  for_each(updates, [&doc](const Bytes& update) { return doc.apply(update); });
}

void feed_doc(const Updates& updates) {
  Doc doc;
  feed(doc, updates);
  drop(doc.encode_state());
}

void read_doc(const Updates& updates) {
  Doc doc;
  feed(doc, updates);
  drop(to_json(doc));
  const std::optional<TypeIndex> root = find_root(doc, "t");
  if (!root) return;
  drop(to_delta(doc, *root));
  drop(to_xml(doc, *root, TypeKind::xml_text));
}

struct Entry {
  const char* name;
  void (*run)(const Updates& updates);
};

constexpr Entry entries[] = {
    {"check", [](const Updates& updates) { for_each(updates, check_update); }},
    {"parts",
     [](const Updates& updates) {
       for_each(updates, [](const Bytes& update) { return diff_update(update, {}); });
       for_each(updates, state_vector_of_update);
       for_each(updates, read_update_meta);
       for_each(updates, snapshot_of_update);
     }},
    {"convert", convert_there_and_back},
    {"store", feed_store},
    {"merge", merge},
    {"doc", feed_doc},
    {"doc and read", read_doc},
};

// Of this process alone, whatever else runs; the best of three.
double milliseconds_of(const Entry& entry, const Updates& updates) {
  double best = 1e12;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begin = std::clock();
    entry.run(updates);
    best = std::min(best, static_cast<double>(std::clock() - begin) * 1e3 / CLOCKS_PER_SEC);
  }
  return best;
}

std::size_t size_of(const Updates& updates) {
  std::size_t bytes = 0;
  for (const Bytes& update : updates) bytes += update.size();
  return bytes;
}

void measure(const fuzz::NastyInput& input, std::size_t n) {
  const Updates sizes[] = {input.make(n), input.make(2 * n), input.make(4 * n)};
  for (const Entry& entry : entries) {
    double times[std::size(sizes)];
    std::transform(std::begin(sizes), std::end(sizes), times,
                   [&entry](const Updates& updates) { return milliseconds_of(entry, updates); });
    std::printf("%-36s %-13s %9.2f %9.2f %9.2f ms %8.0f ns/byte  x %.1f\n", input.name.data(), entry.name,
                times[0], times[1], times[2], times[2] * 1e6 / static_cast<double>(size_of(sizes[2])),
                times[2] / times[1]);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t n = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 2000;
  if (n == 0) {
    std::fprintf(stderr, "usage: worst_time [N]\n");
    return 2;
  }
  for (const fuzz::NastyInput& input : fuzz::nasty_inputs()) measure(input, n);
}
