#include <algorithm>

#include "crdt/application_internal.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {

using Effect = BlockStore::Applied::Effect;

Result<BlockStore::Applied> BlockStore::apply(BytesView update) {
  const Result<UpdateSize> measured = measure_update(update);
  if (!measured) return measured.error();
  // Nearly always there is room for all of it, and nothing needs to be estimated.
  const std::size_t waiting_at_most = pending_bytes() + measured->blocks * Pending::bytes_per_block +
                                      measured->deleted_ranges * sizeof(ClockRange) + update.size();
  const auto known = [this](ClientId client) { return state_of(client); };
  if (waiting_at_most > limits_.max_pending_bytes &&
      pending_bytes() + estimate_waiting_bytes(known, update) > limits_.max_pending_bytes) {
    return Error{Errc::too_large,
                 "an update waits for others that never came, and there is no more room for such"};
  }
  Applied applied = Application(*this, update).run();
  applied.deleted_ranges = measured->deleted_ranges;
  return applied;
}

Application::Application(BlockStore& store, BytesView update) : store_(store), reader_(update) {
  ++store_.applications_;
}

BlockStore::Applied Application::run() {
  while (std::optional<SectionReader> section = reader_.next_section()) {
    if (!section->at_end()) {
      if (const MaybeWait wait = take_section(*section)) {
        section_waits_.insert({*wait, sections_.size()});
        sections_.push_back(*section);
        // To read on, the whole section must be stepped over.
        while (!section->at_end()) section->scan();
      }
      wake(section->client());
    }
    reader_.skip_to(*section);
  }
  wake_ready();
  keep_rest_of_sections();
  apply_deletes();
  apply_waiting_deletes();
  if (!has_news_ && !has_waiting_) return {Effect::nothing};
  store_.forget_encodings();
  if (has_waiting_ || !has_known_) return {Effect::whole};
  return {Effect::part, encode_news()};
}

Application::MaybeWait Application::take_section(SectionReader& section) {
  Clock end = store_.state_of(section.client());
  while (!section.at_end()) {
    const ScannedBlock block = section.peek();
    if (block.kind() == ContentKind::skip || block.end_clock() <= end) {
      has_known_ |= block.kind() != ContentKind::skip && block.length > 0;
    } else {
      if (const MaybeWait wait = take_block(block, end)) return wait;
      has_known_ |= block.id.clock < end;
      has_news_ = true;
      end = block.end_clock();
    }
    section.step_over(block);
  }
  return std::nullopt;
}

Application::MaybeWait Application::take_block(const ScannedBlock& block, Clock end) {
  if (!block.is_shortest) return take_block(ShortenedBlock(block).block(), end);
  if (block.id.clock > end) return BlockStore::Wait{block.id.client, block.id.clock};
  if (const MaybeWait wait = missing_for(block, end)) return wait;
  if (block.id.clock == end) {
    append(block);
  } else {
    StoredBytes rest;
    append_part(rest, block.placed(), end, block.end_clock());
    append(scan_block(rest.data(), rest.data() + rest.size(), {block.id.client, end}));
  }
  return std::nullopt;
}

void Application::run_section(std::uint64_t index) {
  SectionReader& section = sections_[index];
  if (const MaybeWait wait = take_section(section)) section_waits_.insert({*wait, index});
  wake(section.client());
}

void Application::run_pending(ClientId client) {
  while (const Pending::Queue* queue = store_.pending_.find(client)) {
    const auto& [clock, first] = *queue->begin();
    const Clock end = store_.state_of(client);
    if (clock + first.length <= end) {
      (void)store_.pending_.take_first(client);
      continue;
    }
    const auto scan = [&](const StoredBytes& bytes, Clock from) {
      return scan_block(bytes.data(), bytes.data() + bytes.size(), {client, from});
    };
    if (clock < end) {
      // Its beginning has come in another way: the rest may wait for something else.
      const Clock begin = clock;
      const Pending::Waiting taken = store_.pending_.take_first(client);
      StoredBytes rest;
      append_part(rest, scan(taken.bytes, begin).placed(), end, begin + taken.length);
      (void)store_.pending_.add(scan(rest, end).placed());
      continue;
    }
    if (const MaybeWait wait = take_block(scan(first.bytes, clock), end)) {
      store_.waits_.insert({*wait, value_of(client)});
      store_.wait_of_[value_of(client)] = *wait;
      break;
    }
    (void)store_.pending_.take_first(client);
  }
  wake(client);
}

void Application::wake_ready() {
  while (!ready_.empty()) {
    const Sleeper sleeper = ready_.back();
    ready_.pop_back();
    if (sleeper.kind == Sleeper::Kind::section) {
      run_section(sleeper.who);
    } else {
      store_.wait_of_.erase(sleeper.who);
      run_pending(ClientId{sleeper.who});
    }
  }
}

// Moves whatever waits for what `client` has by now to ready_.
void Application::wake(ClientId client) {
  if (section_waits_.empty() && store_.waits_.empty()) return;
  const BlockStore::Waiter first{{client, 0}, 0};
  const BlockStore::Waiter past{{client, store_.state_of(client) + 1}, 0};
  const auto wake_from = [&](std::set<BlockStore::Waiter>& waits, Sleeper::Kind kind) {
    const auto begin = waits.lower_bound(first);
    const auto end = waits.lower_bound(past);
    for (auto at = begin; at != end; ++at) ready_.push_back({kind, at->who});
    waits.erase(begin, end);
  };
  wake_from(section_waits_, Sleeper::Kind::section);
  wake_from(store_.waits_, Sleeper::Kind::pending);
}

void Application::keep_rest_of_sections() {
  if (section_waits_.empty() && store_.pending_.empty()) return;
  std::vector<ClientId> grown;
  for (const BlockStore::Waiter& waiter : section_waits_) {
    keep_rest(sections_[waiter.who]);
    grown.push_back(sections_[waiter.who].client());
  }
  section_waits_.clear();
  for (const ClientIndex client : changed_) grown.push_back(store_.clients_[client].id);
  // The front of each such queue may be another block than before, or one that is known by now.
  for (const ClientId client : grown) {
    if (store_.pending_.find(client) == nullptr) continue;
    stop_waiting(client);
    run_pending(client);
  }
  wake_ready();
}

void Application::keep_rest(SectionReader& section) {
  while (!section.at_end()) {
    const ScannedBlock block = section.scan();
    if (block.kind() == ContentKind::skip || block.length == 0) continue;
    if (block.is_shortest) {
      keep(block);
    } else {
      keep(ShortenedBlock(block).block());
    }
  }
}

void Application::keep(const ScannedBlock& block) {
  if (store_.pending_.add(block.placed())) {
    has_waiting_ = true;
  } else {
    has_known_ = true;
  }
}

void Application::stop_waiting(ClientId client) {
  const auto found = store_.wait_of_.find(value_of(client));
  if (found == store_.wait_of_.end()) return;
  store_.waits_.erase({found->second, value_of(client)});
  store_.wait_of_.erase(found);
}

Application::MaybeWait Application::missing_for(const ScannedBlock& block, Clock from) const {
  const auto missing = [&](const Id& id) -> MaybeWait {
    // What a block refers to of its own client is older than the block: check_update has seen to it.
    if (id.client == block.id.client || id.clock < store_.state_of(id.client)) return std::nullopt;
    return BlockStore::Wait{id.client, id.clock + 1};
  };
  // What is left of a block that is cut has the element before the cut as its origin.
  if (block.has_origin() && block.id.clock == from) {
    if (MaybeWait wait = missing(block.origin_id)) return wait;
  }
  if (block.has_right_origin()) return missing(block.right_origin_id);
  if (block.has_item_parent && block.id.clock == from) return missing(block.parent_id);
  return std::nullopt;
}

void Application::append(const ScannedBlock& block) {
  const ClientIndex index = store_.intern(block.id.client);
  BlockStore::Client& client = store_.clients_[index];
  if (client.changed_in != store_.applications_) {
    client.changed_in = store_.applications_;
    client.end_before = client.blocks.end();
    changed_.push_back(index);
  }
  store_.live_bytes_ += block.payload_bytes().size();
  client.blocks.append(block);
}

void Application::apply_deletes() {
  visit_deletions(reader_.reader(),
                  [this](ClientId client, ClockRange range) { apply_delete(client, range); });
  store_.pending_deletes_.merge(waiting_deletes_);
}

void Application::apply_delete(ClientId id, ClockRange range) {
  const BlockStore::Client* owner = store_.find(id);
  const Clock end = owner == nullptr ? 0 : owner->blocks.end();
  if (range.clock < end) {
    const ClientIndex client = store_.index_of(*owner);
    // Deletions of what this update brings are news like the blocks themselves; among the others some may be
    // known.
    const Clock old_end = std::min(std::min(range.end(), end), end_before(client));
    const std::uint64_t old = old_end > range.clock ? old_end - range.clock : 0;
    std::uint64_t deleted = 0;
    if (old > 0) deleted = erase(client, {range.clock, old});
    has_news_ |= deleted > 0;
    has_known_ |= deleted < old;
    const Clock new_begin = range.clock + old;
    const Clock new_end = std::min(range.end(), end);
    if (new_begin < new_end) (void)erase(client, {new_begin, new_end - new_begin});
  }
  if (range.end() <= end) return;
  const Clock waits_from = std::max(range.clock, end);
  const ClockRange waits{waits_from, range.end() - waits_from};
  if (store_.pending_deletes_.covers(id, waits)) {
    has_known_ = true;
  } else {
    waiting_deletes_.add(id, waits);
    has_waiting_ = true;
  }
}

void Application::apply_waiting_deletes() {
  if (store_.pending_deletes_.empty()) return;
  for (const ClientIndex index : changed_) {
    const BlockStore::Client& client = store_.clients_[index];
    for (const ClockRange& range : store_.pending_deletes_.take_below(client.id, client.blocks.end())) {
      (void)erase(index, range);
    }
  }
}

std::uint64_t Application::erase(ClientIndex client, ClockRange range) {
  std::uint64_t erased = 0;
  BlockList& blocks = store_.clients_[client].blocks;
  const std::size_t content_before = blocks.content_bytes();
  for (const ClockRange& deleted : blocks.erase(range)) {
    erased += deleted.length;
    deleted_.emplace_back(client, deleted);
  }
  store_.live_bytes_ = store_.live_bytes_ - content_before + blocks.content_bytes();
  return erased;
}

Bytes Application::encode_news() const {
  std::vector<BlockStore::Section> sections;
  WireDeleteSet deleted;
  for (const ClientIndex client : changed_) {
    const Clock end_before = store_.clients_[client].end_before;
    sections.push_back({store_.clients_[client].id, &store_.clients_[client].blocks, end_before, nullptr});
    store_.clients_[client].blocks.visit_deleted_from(
        end_before, [&](ClockRange range) { deleted.add(store_.clients_[client].id, range); });
  }
  for (const auto& [client, range] : deleted_) deleted.add(store_.clients_[client].id, range);
  lib0::Writer out;
  BlockStore::write_sections(out, std::move(sections));
  deleted.joined().write(out);
  return out.take();
}

Clock Application::end_before(ClientIndex index) const {
  const BlockStore::Client& client = store_.clients_[index];
  return client.changed_in == store_.applications_ ? client.end_before : client.blocks.end();
}

}  // namespace canvas::crdt
