#include "crdt/doc/waiting.h"

#include <algorithm>
#include <cassert>

namespace canvas::crdt {
namespace {

std::size_t cost(const Waiting::Block& block) {
  return Waiting::bytes_per_block + block.bytes.capacity();
}

WireBlock read(ClientId client, Clock clock, const Waiting::Block& block) {
  lib0::Reader in(block.bytes);
  return read_block(in, client, clock);
}

void add_run(Waiting::Queue& queue, Clock begin, Clock end) {
  auto at = queue.runs.upper_bound(begin);
  if (at != queue.runs.begin() && std::prev(at)->second >= begin) --at;
  while (at != queue.runs.end() && at->first <= end) {
    begin = std::min(begin, at->first);
    end = std::max(end, at->second);
    at = queue.runs.erase(at);
  }
  queue.runs.emplace(begin, end);
}

}  // namespace

void Waiting::add(const WireBlock& block, Section& section) {
  assert(block.kind != ContentKind::skip && block.length() > 0);
  Queue& queue = queues_[block.id.client];
  if (!section.begun || section.end != block.id.clock) {
    section = {block.id.clock, block.id.clock, true};
    const auto after = queue.runs.upper_bound(block.id.clock);
    if (after != queue.runs.begin())
      section.counts_from = std::max(section.counts_from, std::prev(after)->second);
  }
  section.end = block.end();
  if (block.end() <= section.counts_from) return;
  const Clock begin = std::max(block.id.clock, section.counts_from);
  remove_within(queue, block.id.client, begin, block.end());
  insert(queue, block, begin - block.id.clock);
  add_run(queue, begin, block.end());
}

const Waiting::Queue* Waiting::find(ClientId client) const {
  const auto found = queues_.find(client);
  return found == queues_.end() ? nullptr : &found->second;
}

WireBlock Waiting::first(ClientId client, const Queue& queue) {
  return read(client, queue.blocks.begin()->first, queue.blocks.begin()->second);
}

void Waiting::drop_first(ClientId client) {
  const auto found = queues_.find(client);
  Queue& queue = found->second;
  const auto first = queue.blocks.begin();
  const Clock begin = first->first + first->second.length;
  block_bytes_ -= cost(first->second);
  queue.blocks.erase(first);
  if (queue.blocks.empty()) {
    queues_.erase(found);
    return;
  }
  const Clock end = queue.runs.begin()->second;
  queue.runs.erase(queue.runs.begin());
  if (begin < end) queue.runs.emplace(begin, end);
}

void Waiting::set_need(ClientId client, Need need) {
  forget_need(client);
  needs_.emplace(client, need);
  sleepers_.insert({need, client});
}

void Waiting::forget_need(ClientId client) {
  const auto found = needs_.find(client);
  if (found == needs_.end()) return;
  sleepers_.erase({found->second, client});
  needs_.erase(found);
}

std::vector<ClientId> Waiting::take_met(ClientId client, Clock end) {
  std::vector<ClientId> met;
  auto at = sleepers_.lower_bound({{client, 0}, ClientId{0}});
  while (at != sleepers_.end() && at->need.client == client && at->need.clock <= end) {
    met.push_back(at->client);
    needs_.erase(at->client);
    at = sleepers_.erase(at);
  }
  return met;
}

void Waiting::insert(Queue& queue, const WireBlock& block, std::uint64_t offset) {
  lib0::Writer out;
  write_block_from(out, block, offset);
  Block kept{out.take(), block.length() - offset};
  kept.bytes.shrink_to_fit();
  block_bytes_ += cost(kept);
  queue.blocks.emplace(block.id.clock + offset, std::move(kept));
}

// Takes out what lies in the range; of a block that goes on behind it the rest stays.
void Waiting::remove_within(Queue& queue, ClientId client, Clock begin, Clock end) {
  for (auto at = queue.blocks.lower_bound(begin); at != queue.blocks.end() && at->first < end;) {
    const Clock clock = at->first;
    const Block removed = std::move(at->second);
    block_bytes_ -= cost(removed);
    at = queue.blocks.erase(at);
    if (clock + removed.length <= end) continue;
    insert(queue, read(client, clock, removed), end - clock);
    break;
  }
}

void write_block_from(lib0::Writer& out, const WireBlock& block, std::uint64_t offset) {
  WireBlock rest = block;
  rest.in_map = block.parent_sub.has_value();
  if (offset == 0) return write_block(out, rest);
  rest.id.clock += offset;
  rest.origin = Id{block.id.client, rest.id.clock - 1};
  rest.parent.reset();
  rest.parent_sub.reset();
  const Bytes content = content_from(block.kind, block.content.bytes, offset);
  rest.content = {block.length() - offset, content};
  write_block(out, rest);
}

}  // namespace canvas::crdt
