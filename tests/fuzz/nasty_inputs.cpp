#include "nasty_inputs.h"

#include <algorithm>
#include <string>

#include "fixtures/update_builder.h"

namespace canvas::fuzz {
namespace {

using namespace canvas::crdt;
using testing::UpdateBuilder;

std::vector<Bytes> each(std::size_t n, UpdateBuilder (*make)(std::uint64_t i)) {
  std::vector<Bytes> updates;
  updates.reserve(n);
  for (std::uint64_t i = 1; i <= n; ++i) updates.push_back(make(i).build());
  return updates;
}

std::vector<Bytes> reversed(std::vector<Bytes> updates) {
  std::reverse(updates.begin(), updates.end());
  return updates;
}

template <typename Add>
std::vector<Bytes> one(std::size_t n, Add add) {
  UpdateBuilder update;
  update.section(1, 0);
  for (std::uint64_t i = 0; i < n; ++i) add(update, i);
  return {update.build()};
}

Id last_of(std::uint64_t client, Clock end) {
  return {ClientId{client}, end - 1};
}

std::vector<Bytes> one_place_ascending(std::size_t n) {
  return each(n, [](std::uint64_t i) { return UpdateBuilder().section(i, 0).text("x"); });
}

std::vector<Bytes> one_place_descending(std::size_t n) {
  return reversed(one_place_ascending(n));
}

std::vector<Bytes> one_key(std::size_t n) {
  return each(n, [](std::uint64_t i) { return UpdateBuilder().section(i, 0).text("x", {.key = "k"}); });
}

std::vector<Bytes> backwards(std::size_t n) {
  return reversed(each(n, [](std::uint64_t i) {
    return i == 1 ? UpdateBuilder().section(1, 0).text("x")
                  : UpdateBuilder().section(1, i - 1).text("x", {.origin = last_of(1, i - 1)});
  }));
}

std::vector<Bytes> chain_of_clients(std::size_t n) {
  return reversed(each(n, [](std::uint64_t i) {
    return i == 1 ? UpdateBuilder().section(1, 0).text("x")
                  : UpdateBuilder().section(i, 0).text("x", {.origin = last_of(i - 1, 1)});
  }));
}

std::vector<Bytes> deletions_of_strangers(std::size_t n) {
  return each(n, [](std::uint64_t i) { return UpdateBuilder().erase(i, 0, 1); });
}

std::vector<Bytes> every_second_deleted(std::size_t n) {
  UpdateBuilder update;
  update.section(1, 0).text(std::string(2 * n, 'x'));
  for (std::uint64_t i = 0; i < n; ++i) update.erase(1, 2 * i, 1);
  return {update.build()};
}

// Each deletes a part of what the one before it did, and one more.
std::vector<Bytes> deletions_one_by_one(std::size_t n) {
  UpdateBuilder all;
  std::vector<Bytes> updates{all.section(1, 0).text(std::string(2 * n, 'x')).build()};
  for (std::uint64_t i = 0; i < n; ++i)
    updates.push_back(UpdateBuilder().erase(1, (i * 7919) % (2 * n), 1).build());
  return updates;
}

std::vector<Bytes> gaps(std::size_t n) {
  return one(n, [](UpdateBuilder& update, std::uint64_t) { update.skip(1).text("x"); });
}

std::vector<Bytes> nested_maps(std::size_t n) {
  return one(n, [](UpdateBuilder& update, std::uint64_t i) {
    if (i == 0)
      update.map({.key = "k"});
    else
      update.map({.parent = last_of(1, i), .key = "k"});
  });
}

std::vector<Bytes> nested_maps_deleted(std::size_t n) {
  std::vector<Bytes> updates = nested_maps(n);
  updates.push_back(UpdateBuilder().erase(1, 0, 1).build());
  return updates;
}

// Marks of ever other names, none of which ends: each run of text after them carries them all.
std::vector<Bytes> marks_that_pile_up(std::size_t n) {
  return one(n, [](UpdateBuilder& update, std::uint64_t i) {
    lib0::Writer mark;
    mark.write_var_string("m" + std::to_string(i));
    mark.write_var_string("true");
    const Clock clock = 2 * i;
    const UpdateBuilder::At at =
        i == 0 ? UpdateBuilder::At{} : UpdateBuilder::At{.origin = last_of(1, clock)};
    update.block(ContentKind::format, at, {1, mark.bytes()});
    update.text("x", {.origin = last_of(1, clock + 1)});
  });
}

// Every element is put before all that are there.
std::vector<Bytes> in_front(std::size_t n) {
  return one(n, [](UpdateBuilder& update, std::uint64_t i) {
    if (i == 0)
      update.text("x");
    else
      update.text("x", {.right_origin = last_of(1, i)});
  });
}

std::vector<Bytes> keys_out_of_order(std::size_t n) {
  std::string json = "{";
  for (std::size_t i = n; i > 0; --i) {
    json += '"';
    json += std::to_string(i);
    json += i > 1 ? "\":0," : "\":0}";
  }
  lib0::Writer content;
  content.write_var_string(json);
  return {UpdateBuilder().section(1, 0).block(ContentKind::embed, {}, {1, content.bytes()}).build()};
}

constexpr NastyInput inputs[] = {
    {"n clients at one place, ascending", one_place_ascending},
    {"n clients at one place, descending", one_place_descending},
    {"n clients set one key", one_key},
    {"one client's updates backwards", backwards},
    {"a chain of clients backwards", chain_of_clients},
    {"deletions of n strangers", deletions_of_strangers},
    {"every second unit deleted", every_second_deleted},
    {"units deleted one by one", deletions_one_by_one},
    {"n gaps", gaps},
    {"maps nested n deep", nested_maps},
    {"maps nested n deep, deleted", nested_maps_deleted},
    {"format marks that pile up", marks_that_pile_up},
    {"each before all others", in_front},
    {"JSON with keys out of order", keys_out_of_order},
};

}  // namespace

std::span<const NastyInput> nasty_inputs() {
  return inputs;
}

}  // namespace canvas::fuzz
