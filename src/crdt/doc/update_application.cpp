#include "crdt/doc/update_application_internal.h"

#include <algorithm>

#include "crdt/wire_delete_set.h"

namespace canvas::crdt {

Result<CheckedUpdate> read_checked(BytesView update) {
  CheckedUpdate checked{{}, lib0::Reader({})};
  UpdateReader reader(update);
  while (std::optional<SectionReader> section = reader.next_section()) {
    checked.sections.push_back(*section);
    while (!section->at_end()) section->next();
    reader.skip_to(*section);
  }
  checked.deletions = reader.reader();
  reader.read_delete_set([](ClientId, ClockRange) {});
  if (reader.reader().failed()) return reader.reader().error();
  if (!reader.reader().at_end()) return malformed("bytes are left over behind an update");
  return checked;
}

UpdateApplication::UpdateApplication(DocState& doc, const CheckedUpdate& update)
    : doc_(doc), transaction_(doc), deletions_(update.deletions) {
  sections_.reserve(update.sections.size());
  for (const SectionReader& section : update.sections) sections_.push_back({section});
  std::stable_sort(sections_.begin(), sections_.end(),
                   [](const Section& a, const Section& b) { return a.rest.client() > b.rest.client(); });
}

Doc::Applied UpdateApplication::run() {
  run_sections();
  keep_rest();
  visit_deletions(deletions_, [this](ClientId client, ClockRange range) { apply_deletion(client, range); });
  doc_.waiting.deletes().merge(waiting_deletions_);
  for (const ClientIndex client : doc_.log.changed) wake_for(doc_.items.client(client).id);
  run_woken();
  apply_waiting_deletions();
  return transaction_.finish();
}

void UpdateApplication::run_sections() {
  for (std::size_t index = 0; index < sections_.size(); ++index) {
    while (!sections_[index].stuck && !sections_[index].rest.at_end()) run_section(index);
  }
}

// Takes the next block of the section, and before it what it needs from others. When that is not to be had,
// all that wait for it are stuck.
void UpdateApplication::run_section(std::size_t first) {
  boost::container::small_vector<std::size_t, 4> stack{first};
  while (!stack.empty()) {
    Section& section = sections_[stack.back()];
    section.stuck = false;
    SectionReader behind = section.rest;
    const MaybeNeed need = take(behind.next());
    if (!need) {
      section.rest = behind;
      stack.pop_back();
      continue;
    }
    section.stuck = true;
    const std::optional<std::size_t> other = section_for(need->client);
    if (!other) return;
    stack.push_back(*other);
  }
}

std::optional<std::size_t> UpdateApplication::section_for(ClientId client) const {
  // Of a client that comes twice the last counts, as in Yjs; what another one brings wakes those that wait.
  const auto behind =
      std::upper_bound(sections_.begin(), sections_.end(), client,
                       [](ClientId id, const Section& section) { return id > section.rest.client(); });
  if (behind == sections_.begin()) return std::nullopt;
  const auto found = std::prev(behind);
  if (found->rest.client() != client || found->stuck || found->rest.at_end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections_.begin());
}

UpdateApplication::MaybeNeed UpdateApplication::take(const WireBlock& block) {
  const Clock end = end_of(block.id.client);
  if (block.kind == ContentKind::skip || block.end() <= end) return std::nullopt;
  if (block.id.clock > end) return Waiting::Need{block.id.client, block.id.clock};
  if (const MaybeNeed need = missing(block, end)) return need;
  integrate(block, doc_.items.intern(block.id.client), end - block.id.clock);
  return std::nullopt;
}

UpdateApplication::MaybeNeed UpdateApplication::missing(const WireBlock& block, Clock from) const {
  const auto is_missing = [&](const std::optional<Id>& id) {
    // What a block refers to of its own client is older than the block: read_block has seen to it.
    return id && id->client != block.id.client && id->clock >= end_of(id->client);
  };
  const bool is_whole = from == block.id.clock;
  if (is_whole && is_missing(block.origin))
    return Waiting::Need{block.origin->client, block.origin->clock + 1};
  if (is_missing(block.right_origin))
    return Waiting::Need{block.right_origin->client, block.right_origin->clock + 1};
  if (is_whole && block.parent && !block.parent->root_name && is_missing(block.parent->id))
    return Waiting::Need{block.parent->id.client, block.parent->id.clock + 1};
  return std::nullopt;
}

void UpdateApplication::integrate(const WireBlock& block, ClientIndex client, std::uint64_t offset) {
  const Reference id{client, block.id.clock + offset};
  const std::uint64_t length = block.length() - offset;
  if (block.kind == ContentKind::gc) return transaction_.integrate_gc(id, length);

  Item item(id, block.kind, length);
  ItemIndex left = no_item;
  ItemIndex right = no_item;
  if (offset > 0) {
    item.set_origin({client, id.clock - 1});
  } else if (block.origin) {
    item.set_origin(*doc_.reference(*block.origin));
  }
  if (item.has_origin()) left = transaction_.ending_at(item.origin());
  if (block.right_origin) {
    item.set_right_origin(*doc_.reference(*block.right_origin));
    right = transaction_.starting_at(item.right_origin());
  }
  if (!find_parent(block, left, right, item)) return transaction_.integrate_gc(id, length);
  if (block.kind != ContentKind::deleted) {
    if (offset == 0) {
      item.set_content(block.content.bytes);
    } else {
      item.set_content(content_from(block.kind, block.content.bytes, offset));
    }
  }
  transaction_.integrate(std::move(item), left, right);
}

// Gives the item its parent; false when what should hold it was collected, or is not a type.
bool UpdateApplication::find_parent(const WireBlock& block, ItemIndex left, ItemIndex right, Item& item) {
  const auto is_gone = [this](ItemIndex index) { return index != no_item && doc_.items[index].is_gc(); };
  if (is_gone(left) || is_gone(right)) return false;
  if (left != no_item || right != no_item) {
    const Item& neighbour = doc_.items[left != no_item ? left : right];
    item.set_parent(neighbour.parent(), neighbour.parent_sub());
    return true;
  }
  const NameIndex parent_sub = block.parent_sub ? doc_.names.intern(*block.parent_sub) : no_name;
  if (block.parent->root_name) {
    item.set_parent(doc_.types.intern_root(doc_.names.intern(*block.parent->root_name)), parent_sub);
    return true;
  }
  const Item& owner = doc_.items[doc_.items.find(*doc_.reference(block.parent->id))];
  if (owner.kind() != ContentKind::type) return false;
  item.set_parent(owner.type(), parent_sub);
  return true;
}

Clock UpdateApplication::end_of(ClientId id) const {
  const std::optional<ClientIndex> client = doc_.items.find_client(id);
  return client ? doc_.items.end(*client) : 0;
}

void UpdateApplication::keep_rest() {
  for (Section& section : sections_) {
    if (section.rest.at_end()) continue;
    const ClientId client = section.rest.client();
    const Clock end = end_of(client);
    Waiting::Section kept;
    while (!section.rest.at_end()) {
      const WireBlock block = section.rest.next();
      if (block.kind != ContentKind::skip && block.length() > 0 && block.end() > end)
        doc_.waiting.add(block, kept);
    }
    woken_.insert(client);
  }
}

void UpdateApplication::run_woken() {
  while (!woken_.empty()) {
    const ClientId client = *woken_.begin();
    woken_.erase(woken_.begin());
    run_waiting(client);
  }
}

void UpdateApplication::run_waiting(ClientId client) {
  doc_.waiting.forget_need(client);
  while (const Waiting::Queue* queue = doc_.waiting.find(client)) {
    if (const MaybeNeed need = take(Waiting::first(client, *queue))) {
      doc_.waiting.set_need(client, *need);
      break;
    }
    doc_.waiting.drop_first(client);
  }
  wake_for(client);
}

void UpdateApplication::wake_for(ClientId client) {
  for (const ClientId met : doc_.waiting.take_met(client, end_of(client))) woken_.insert(met);
}

void UpdateApplication::apply_deletion(ClientId id, ClockRange range) {
  const std::optional<ClientIndex> client = doc_.items.find_client(id);
  const Clock end = client ? doc_.items.end(*client) : 0;
  if (range.clock < end) {
    const Clock known_end = std::min(range.end(), end);
    transaction_.erase(*client, {range.clock, known_end - range.clock});
  }
  if (range.end() <= end) return;
  const Clock waits_from = std::max(range.clock, end);
  waiting_deletions_.add(id, {waits_from, range.end() - waits_from});
}

void UpdateApplication::apply_waiting_deletions() {
  if (doc_.waiting.deletes().empty()) return;
  for (const ClientIndex client : doc_.log.changed) {
    const ItemStore::Client& state = doc_.items.client(client);
    for (const ClockRange& range : doc_.waiting.deletes().take_below(state.id, state.items.end()))
      transaction_.erase(client, range);
  }
}

}  // namespace canvas::crdt
