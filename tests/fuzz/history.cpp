#include "history.h"

#include <algorithm>
#include <array>
#include <string>

#include "check.h"
#include "crdt/block_store.h"
#include "fixtures/update_builder.h"

namespace canvas::fuzz {
namespace {

using namespace canvas::crdt;
using testing::UpdateBuilder;

constexpr std::size_t max_steps = 48;

constexpr std::array<std::uint64_t, 6> names{1, 2, 77, 0xffffffff, (1ull << 53) - 1, 0};

constexpr std::array<std::string_view, 6> texts{"a",
                                                "hello",
                                                "\xf0\x9f\x98\x80",
                                                "x\xf0\x9f\x98\x80y",
                                                "\xe2\x82\xac\xc3\xa4",
                                                "0123456789abcdefghijklmnopqrstuvwxyz"};

class HistoryMaker {
public:
  explicit HistoryMaker(Choices& choices) : choices_(choices) {}

  std::vector<Bytes> make() {
    while (!choices_.empty() && updates_.size() < max_steps) step();
    return std::move(updates_);
  }

private:
  void step() {
    const std::uint64_t what = choices_.below(8);
    if (what == 0) return add(difference());
    UpdateBuilder update;
    if (what != 1) add_block(update);
    if (what < 4) add_deletion(update);
    add(update.build());
  }

  void add(Bytes update) {
    FUZZ_CHECK(store_.apply(update).has_value());
    FUZZ_CHECK(!store_.has_pending());
    updates_.push_back(std::move(update));
  }

  void add_block(UpdateBuilder& update) {
    const std::size_t client = choices_.below(names.size());
    Clock& end = ends_[client];
    update.section(names[client], end);
    end += block(update, {.origin = end > 0 && choices_.below(2) == 0
                                        ? std::optional(Id{ClientId{names[client]}, end - 1})
                                        : some_id(),
                          .right_origin = some_id(),
                          .parent = some_id(),
                          .key = choices_.below(3) == 0 ? std::optional<std::string>("k") : std::nullopt});
  }

  // Gives its length.
  std::uint64_t block(UpdateBuilder& update, const UpdateBuilder::At& at) {
    const std::uint64_t kind = choices_.below(10);
    // An entry of a map is one element, until it is deleted.
    const std::uint64_t count = at.key && kind != 1 ? 1 : 1 + choices_.below(5);
    switch (kind) {
      case 0: update.gc(count); return count;
      case 1: update.deleted(count, at); return count;
      case 2: update.map(at); return 1;
      case 3: return values(update, ContentKind::json, at, count, {2, '[', ']'});
      case 4: return values(update, ContentKind::any, at, count, {119, 2, 'h', 'i'});
      case 5: return single(update, ContentKind::format, at, {1, 'b', 4, 't', 'r', 'u', 'e'});
      case 6: return single(update, ContentKind::doc, at, {1, 'g', 118, 0});
      case 7: return single(update, ContentKind::binary, at, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
      default: {
        const std::string_view text = texts[at.key ? 0 : choices_.below(texts.size())];
        update.text(text, at);
        return read_length(text);
      }
    }
  }

  static std::uint64_t values(UpdateBuilder& update, ContentKind kind, const UpdateBuilder::At& at,
                              std::uint64_t count, const Bytes& value) {
    Bytes all;
    for (std::uint64_t i = 0; i < count; ++i) all.insert(all.end(), value.begin(), value.end());
    update.block(kind, at, {count, all});
    return count;
  }

  static std::uint64_t single(UpdateBuilder& update, ContentKind kind, const UpdateBuilder::At& at,
                              const Bytes& content) {
    update.block(kind, at, {1, content});
    return 1;
  }

  static std::uint64_t read_length(std::string_view text) {
    lib0::Writer out;
    out.write_var_string(text);
    lib0::Reader in(out.bytes());
    return read_content(in, ContentKind::string).length;
  }

  void add_deletion(UpdateBuilder& update) {
    const std::size_t client = choices_.below(names.size());
    if (ends_[client] == 0) return;
    const Clock clock = choices_.below(ends_[client]);
    update.erase(names[client], clock, 1 + choices_.below(ends_[client] - clock));
  }

  Bytes difference() {
    std::vector<StateVector::Entry> known;
    for (std::size_t i = 0; i < names.size(); ++i) {
      known.push_back({ClientId{names[i]}, choices_.below(ends_[i] + 1)});
    }
    return store_.encode_difference(StateVector(std::move(known)));
  }

  std::optional<Id> some_id() {
    const std::size_t client = choices_.below(names.size());
    if (ends_[client] == 0 || choices_.below(2) == 0) return std::nullopt;
    return Id{ClientId{names[client]}, choices_.below(ends_[client])};
  }

  Choices& choices_;
  std::array<Clock, names.size()> ends_{};
  BlockStore store_;
  std::vector<Bytes> updates_;
};

}  // namespace

std::uint64_t Choices::below(std::uint64_t limit) {
  if (left_.empty() || limit == 0) return 0;
  const std::uint64_t value = left_.front();
  left_ = left_.subspan(1);
  return value % limit;
}

BytesView Choices::take(std::uint64_t count) {
  const BytesView taken = left_.first(std::min<std::uint64_t>(count, left_.size()));
  left_ = left_.subspan(taken.size());
  return taken;
}

std::vector<Bytes> make_history(Choices& choices) {
  return HistoryMaker(choices).make();
}

}  // namespace canvas::fuzz
