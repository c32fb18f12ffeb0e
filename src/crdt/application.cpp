#include <algorithm>

#include "crdt/application_internal.h"

namespace canvas::crdt {

using Effect = BlockStore::Applied::Effect;

Result<BlockStore::Applied> BlockStore::apply(BytesView update) {
  if (Result<void> checked = check_update(update); !checked) return checked.error();
  // Nearly always there is room for all of it, and nothing needs to be estimated.
  const std::size_t waiting_at_most = pending_bytes() + update.size() / 2 * Pending::bytes_per_block;
  const auto known = [this](ClientId client) { return state_of(client); };
  if (waiting_at_most > limits_.max_pending_bytes &&
      pending_bytes() + estimate_waiting_bytes(known, update) > limits_.max_pending_bytes) {
    return Error{Errc::too_large,
                 "an update waits for others that never came, and there is no more room for such"};
  }
  return Application(*this, update).run();
}

Application::Application(BlockStore& store, BytesView update) : store_(store), reader_(update) {
  ++store_.applications_;
}

BlockStore::Applied Application::run() {
  while (std::optional<SectionReader> section = reader_.next_section()) {
    sections_.push_back(*section);
    run_section(static_cast<std::uint32_t>(sections_.size() - 1));
    // To read on, the whole section must be stepped over, whatever of it could be taken.
    SectionReader rest = sections_.back();
    while (!rest.at_end()) rest.next();
    reader_.skip_to(rest);
  }
  wake_ready();
  keep_rest_of_sections();
  apply_deletes();
  apply_waiting_deletes();
  if (!has_news_ && !has_waiting_) return {Effect::nothing, {}};
  store_.forget_encodings();
  if (has_waiting_ || !has_known_) return {Effect::whole, {}};
  return {Effect::part, encode_news()};
}

void Application::run_section(std::uint32_t index) {
  SectionReader& section = sections_[index];
  if (section.at_end()) return;
  const ClientIndex client = store_.intern(section.client());
  while (!section.at_end()) {
    SectionReader behind = section;
    const WireBlock decoded = behind.next();
    const Clock end = store_.clients_[client].blocks.end();
    if (decoded.kind == ContentKind::skip || decoded.end() <= end) {
      has_known_ |= decoded.kind != ContentKind::skip && decoded.length() > 0;
      section = behind;
      continue;
    }
    MaybeWait wait;
    if (decoded.id.clock > end) {
      wait = BlockStore::Wait{client, decoded.id.clock};
    } else {
      Block block = make_block(decoded, end);
      wait = missing_for(client, block);
      if (!wait) append(client, std::move(block), decoded.end() - end);
      has_known_ |= decoded.id.clock < end;
    }
    if (wait) {
      section_waits_.insert({*wait, index});
      break;
    }
    has_news_ = true;
    section = behind;
  }
  wake(client);
}

void Application::run_pending(ClientIndex client) {
  while (const Pending::Queue* queue = store_.pending_.find(client)) {
    const Pending::Waiting& first = queue->begin()->second;
    const Clock end = store_.clients_[client].blocks.end();
    if (first.end() <= end) {
      (void)store_.pending_.take_first(client);
      continue;
    }
    MaybeWait wait;
    if (first.block.clock() > end) {
      wait = BlockStore::Wait{client, first.block.clock()};
    } else if (first.block.clock() == end) {
      wait = missing_for(client, first.block);
    }
    if (wait) {
      store_.waits_.insert({*wait, client});
      store_.wait_of_[client] = *wait;
      break;
    }
    Pending::Waiting taken = store_.pending_.take_first(client);
    if (taken.block.clock() < end) {
      // Its beginning has come in another way: the rest may wait for something else.
      Block rest = split_block(taken.block, client, end - taken.block.clock());
      (void)store_.pending_.add(client, std::move(rest), taken.end() - end);
      continue;
    }
    append(client, std::move(taken.block), taken.length);
  }
  wake(client);
}

void Application::wake_ready() {
  while (!ready_.empty()) {
    const Sleeper sleeper = ready_.back();
    ready_.pop_back();
    if (sleeper.kind == Sleeper::Kind::section) {
      run_section(sleeper.index);
    } else {
      store_.wait_of_.erase(sleeper.index);
      run_pending(sleeper.index);
    }
  }
}

// Moves whatever waits for what `client` has by now to ready_.
void Application::wake(ClientIndex client) {
  const BlockStore::Waiter first{{client, 0}, 0};
  const BlockStore::Waiter past{{client, store_.clients_[client].blocks.end() + 1}, 0};
  const auto wake_from = [&](std::set<BlockStore::Waiter>& waits, Sleeper::Kind kind) {
    const auto begin = waits.lower_bound(first);
    const auto end = waits.lower_bound(past);
    for (auto at = begin; at != end; ++at) ready_.push_back({kind, at->index});
    waits.erase(begin, end);
  };
  wake_from(section_waits_, Sleeper::Kind::section);
  wake_from(store_.waits_, Sleeper::Kind::pending);
}

void Application::keep_rest_of_sections() {
  std::vector<ClientIndex> grown;
  for (const BlockStore::Waiter& waiter : section_waits_) {
    SectionReader& section = sections_[waiter.index];
    const ClientIndex client = store_.intern(section.client());
    while (!section.at_end()) {
      const WireBlock decoded = section.next();
      if (decoded.kind == ContentKind::skip || decoded.length() == 0) continue;
      if (store_.pending_.add(client, make_block(decoded, decoded.id.clock), decoded.length())) {
        has_waiting_ = true;
      } else {
        has_known_ = true;
      }
    }
    grown.push_back(client);
  }
  section_waits_.clear();
  grown.insert(grown.end(), changed_.begin(), changed_.end());
  // The front of each such queue may be another block than before, or one that is known by now.
  for (const ClientIndex client : grown) {
    if (store_.pending_.find(client) == nullptr) continue;
    stop_waiting(client);
    run_pending(client);
  }
  wake_ready();
}

void Application::stop_waiting(ClientIndex client) {
  const auto found = store_.wait_of_.find(client);
  if (found == store_.wait_of_.end()) return;
  store_.waits_.erase({found->second, client});
  store_.wait_of_.erase(found);
}

Block Application::make_block(const WireBlock& decoded, Clock from) {
  Block block(from, decoded.kind, decoded.in_map);
  if (decoded.kind == ContentKind::gc) return block;
  const std::uint64_t offset = from - decoded.id.clock;
  const auto reference = [this](const Id& id) { return Reference{store_.intern(id.client), id.clock}; };
  if (offset > 0) {
    block.set_origin(reference({decoded.id.client, from - 1}));
  } else if (decoded.origin) {
    block.set_origin(reference(*decoded.origin));
  }
  if (decoded.right_origin) block.set_right_origin(reference(*decoded.right_origin));
  if (block.has_parent()) {
    if (decoded.parent->root_name) {
      block.set_root_parent(store_.names_.intern(*decoded.parent->root_name));
    } else {
      block.set_item_parent(reference(decoded.parent->id));
    }
    if (decoded.in_map) block.set_parent_sub(store_.names_.intern(*decoded.parent_sub));
  }
  if (offset == 0) {
    block.content().append(decoded.content.bytes);
  } else {
    block.content().append(content_from(decoded.kind, decoded.content.bytes, offset));
  }
  return block;
}

Application::MaybeWait Application::missing_for(ClientIndex client, const Block& block) const {
  const auto missing = [&](Reference reference) -> MaybeWait {
    // What a block refers to of its own client is older than the block: check_update has seen to it.
    if (reference.client == client) return std::nullopt;
    if (reference.clock < store_.clients_[reference.client].blocks.end()) return std::nullopt;
    return BlockStore::Wait{reference.client, reference.clock + 1};
  };
  if (block.has_origin()) {
    if (MaybeWait wait = missing(block.origin())) return wait;
  }
  if (block.has_right_origin()) return missing(block.right_origin());
  if (block.has_parent() && !block.has_root_parent()) return missing(block.item_parent());
  return std::nullopt;
}

void Application::append(ClientIndex index, Block block, std::uint64_t length) {
  BlockStore::Client& client = store_.clients_[index];
  if (client.changed_in != store_.applications_) {
    client.changed_in = store_.applications_;
    client.end_before = client.blocks.end();
    changed_.push_back(index);
  }
  store_.live_bytes_ += block.content().view().size();
  client.blocks.append(std::move(block), length);
}

void Application::apply_deletes() {
  reader_.read_delete_set([this](ClientId client, ClockRange range) { apply_delete(client, range); });
}

void Application::apply_delete(ClientId id, ClockRange range) {
  const std::optional<ClientIndex> client = store_.find(id);
  const Clock end = client ? store_.clients_[*client].blocks.end() : 0;
  if (range.clock < end) {
    // Deletions of what this update brings are news like the blocks themselves; among the others some may be
    // known.
    const Clock old_end = std::min(std::min(range.end(), end), end_before(*client));
    const std::uint64_t old = old_end > range.clock ? old_end - range.clock : 0;
    std::uint64_t deleted = 0;
    if (old > 0) deleted = erase(*client, {range.clock, old});
    has_news_ |= deleted > 0;
    has_known_ |= deleted < old;
    const Clock new_begin = range.clock + old;
    const Clock new_end = std::min(range.end(), end);
    if (new_begin < new_end) (void)erase(*client, {new_begin, new_end - new_begin});
  }
  if (range.end() <= end) return;
  const Clock waits_from = std::max(range.clock, end);
  const ClockRange waits{waits_from, range.end() - waits_from};
  if (store_.pending_deletes_.covers(id, waits)) {
    has_known_ = true;
  } else {
    store_.pending_deletes_.add(id, waits);
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
  blocks.erase(range, [&](ClockRange deleted) {
    erased += deleted.length;
    deleted_.emplace_back(client, deleted);
  });
  store_.live_bytes_ = store_.live_bytes_ - content_before + blocks.content_bytes();
  return erased;
}

Bytes Application::encode_news() const {
  std::vector<BlockStore::Section> sections;
  DeleteSet deleted;
  for (const ClientIndex client : changed_) {
    const Clock end_before = store_.clients_[client].end_before;
    sections.push_back({client, end_before});
    store_.collect_deleted(client, end_before, deleted);
  }
  for (const auto& [client, range] : deleted_) deleted.add(store_.clients_[client].id, range);
  lib0::Writer out;
  store_.write_sections(out, std::move(sections), false);
  deleted.write(out);
  return out.take();
}

Clock Application::end_before(ClientIndex index) const {
  const BlockStore::Client& client = store_.clients_[index];
  return client.changed_in == store_.applications_ ? client.end_before : client.blocks.end();
}

}  // namespace canvas::crdt
