#include "crdt/doc/waiting.h"

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

}  // namespace

void Waiting::add(const WireBlock& block) {
  assert(block.kind != ContentKind::skip && block.length() > 0);
  const auto known = queues_.find(block.id.client);
  Queue& queue = known != queues_.end() ? known->second : queues_[block.id.client];
  std::uint64_t offset = 0;
  if (const auto after = queue.upper_bound(block.id.clock); after != queue.begin()) {
    const auto& [clock, before] = *std::prev(after);
    const Clock end = clock + before.length;
    if (end >= block.end()) return;
    if (end > block.id.clock) offset = end - block.id.clock;
  }
  for (auto next = queue.upper_bound(block.id.clock); next != queue.end() && next->first < block.end();) {
    const ClientId client = block.id.client;
    const Block overlapped = std::move(next->second);
    const Clock clock = next->first;
    block_bytes_ -= bytes_per_block + overlapped.bytes.capacity();
    next = queue.erase(next);
    if (clock + overlapped.length > block.end()) {
      insert(queue, read(client, clock, overlapped), block.end() - clock);
      break;
    }
  }
  insert(queue, block, offset);
}

const Waiting::Queue* Waiting::find(ClientId client) const {
  const auto found = queues_.find(client);
  return found == queues_.end() ? nullptr : &found->second;
}

WireBlock Waiting::first(ClientId client, const Queue& queue) {
  return read(client, queue.begin()->first, queue.begin()->second);
}

void Waiting::drop_first(ClientId client) {
  const auto found = queues_.find(client);
  Queue& queue = found->second;
  block_bytes_ -= cost(queue.begin()->second);
  queue.erase(queue.begin());
  if (queue.empty()) queues_.erase(found);
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
  queue.emplace(block.id.clock + offset, std::move(kept));
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
