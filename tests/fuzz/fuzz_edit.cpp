// Editing and restoring of Doc. (What can be read of it: fuzz_reading.)
//
// Inputs are as those of fuzz_update: first byte, bit 0, whether the rest is raw updates or choices, here
// choices that make two documents edit and exchange what they did; bit 1, whether deleted content is kept.
// The second and third byte are passed over.

#include <boost/json.hpp>

#include "check.h"
#include "crdt/doc/invariants_internal.h"
#include "crdt/doc/position.h"
#include "crdt/doc/read.h"
#include "crdt/doc/restore.h"
#include "crdt/update_reader.h"
#include "edit_script.h"

namespace {

using namespace canvas;
using namespace canvas::crdt;

constexpr std::size_t max_updates = 256;
// A place in every root, there and back.
void check_positions(const Doc& doc) {
  for (const std::string_view name : root_names(doc)) {
    const TypeIndex root = find_root(doc, name).value();
    for (const std::int64_t association : {-1, 0}) {
      const auto position = make_relative(doc, {root, doc.state().types[root].length / 2}, association);
      FUZZ_CHECK(position.has_value());
      FUZZ_CHECK(find_position(doc, *position).has_value());
    }
  }
}

// Whatever the two are, it is a good update, and a second replica takes it.
void check_restore(const Bytes& present, const Bytes& past) {
  const auto restored = restore_state(present, past, ClientId{77});
  if (!restored) return;
  FUZZ_CHECK(check_update(restored->update).has_value());
  Doc doc;
  FUZZ_CHECK(doc.apply(present).has_value());
  FUZZ_CHECK(doc.apply(restored->update).has_value());
  FUZZ_CHECK(check_invariants(doc.state()).has_value());
  check_positions(doc);
}

void run_raw(fuzz::Choices& choices, Doc::Deleted deleted) {
  Doc doc({.deleted = deleted});
  Bytes past = doc.encode_state();
  for (std::size_t i = 0; !choices.empty() && i < max_updates; ++i) {
    const std::uint64_t length = choices.below(256) << 8 | choices.below(256);
    if (!doc.apply(choices.take(length))) continue;
    check_positions(doc);
    if (i % 4 == 1) past = doc.encode_state();
  }
  const Bytes present = doc.encode_state();
  check_restore(present, past);
  check_restore(past, present);
  Edit edit(doc);
  for (const std::string_view name : root_names(doc))
    static_cast<void>(edit.set(find_root(doc, name).value(), "key", JsonValue{"1"}));
  edit.commit();
  FUZZ_CHECK(check_invariants(doc.state()).has_value());
}

struct Content {
  std::array<boost::json::value, 4> json;
  std::string delta;
  std::string xml;
  friend bool operator==(const Content&, const Content&) = default;
};

// Of the four roots, each as what it is; maps have no order.
Content content_of(Doc& doc) {
  Edit edit(doc);
  const fuzz::Roots roots = fuzz::open_roots(edit);
  edit.commit();
  const auto json = [&](TypeIndex root) {
    boost::json::parse_options options;
    options.max_depth = 512;
    return boost::json::parse(to_json(doc, root, kind_of(doc, root)).value(), {}, options);
  };
  return {{json(roots.map), json(roots.array), json(roots.text), json(roots.xml)},
          to_delta(doc, roots.text).value(),
          to_xml(doc, roots.xml, TypeKind::xml_fragment).value()};
}

void check_follows(Doc& doc, const Bytes& before, const Bytes& update) {
  Doc follower;
  FUZZ_CHECK(follower.apply(before).has_value());
  if (!update.empty()) FUZZ_CHECK(follower.apply(update).has_value());
  FUZZ_CHECK(follower.state_vector() == doc.state_vector());
  FUZZ_CHECK(content_of(follower) == content_of(doc));
}

void run_honest(fuzz::Choices& choices, Doc::Deleted deleted) {
  std::array<Doc, 2> docs{Doc({.deleted = deleted, .client = ClientId{5}}), Doc({.client = ClientId{6}})};
  Bytes past = docs[0].encode_state();
  Content then = content_of(docs[0]);
  for (std::size_t i = 0; !choices.empty() && i < max_updates; ++i) {
    const std::uint64_t what = choices.below(16);
    Doc& doc = docs[what % 2];
    if (what >= 14) {
      FUZZ_CHECK(doc.apply(docs[(what + 1) % 2].encode_difference(doc.state_vector())).has_value());
    } else if (what == 13) {
      past = docs[0].encode_state();
      then = content_of(docs[0]);
    } else {
      const Bytes before = doc.encode_state();
      Edit edit(doc);
      for (std::uint64_t left = 1 + choices.below(3); left > 0; --left) fuzz::edit_some(edit, choices);
      const Edit::Committed committed = edit.commit();
      FUZZ_CHECK(committed.update.empty() || check_update(committed.update).has_value());
      if (what == 12) check_follows(doc, before, committed.update);
    }
    FUZZ_CHECK(check_invariants(doc.state()).has_value());
  }
  check_positions(docs[0]);
  const auto restored = restore_state(docs[0].encode_state(), past, ClientId{77});
  FUZZ_CHECK(restored.has_value());
  FUZZ_CHECK(check_update(restored->update).has_value());
  FUZZ_CHECK(docs[0].apply(restored->update).has_value());
  FUZZ_CHECK(check_invariants(docs[0].state()).has_value());
  FUZZ_CHECK(content_of(docs[0]) == then);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices({data, size});
  const std::uint64_t flags = choices.below(256);
  choices.take(2);
  const Doc::Deleted deleted = (flags & 2) != 0 ? Doc::Deleted::keep : Doc::Deleted::collect;
  if ((flags & 1) == 0) {
    run_raw(choices, deleted);
  } else {
    run_honest(choices, deleted);
  }
  return 0;
}
