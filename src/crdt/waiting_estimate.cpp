#include <unordered_map>

#include "crdt/application_internal.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {
namespace {

// An update that reads each of its parts again this often without an end is not from Yjs; what is left then
// counts as waiting.
constexpr int max_rounds = 32;

// Where the clients of an update would be after it.
class States {
public:
  explicit States(const std::function<Clock(ClientId)>& state_of) : state_of_(state_of) {}

  Clock& of(ClientId client) {
    if (Clock* const* recent = recent_.find(client)) return **recent;
    const auto [at, is_new] = ends_.try_emplace(value_of(client), 0);
    if (is_new) at->second = state_of_(client);
    recent_.remember(client, &at->second);
    return at->second;
  }

  // Whether all that the block refers to is there.
  bool has_references(const ScannedBlock& block) {
    if (block.kind() == ContentKind::gc) return true;
    if (block.has_origin() && !has(block, block.origin_id)) return false;
    if (block.has_right_origin() && !has(block, block.right_origin_id)) return false;
    return !block.has_item_parent || has(block, block.parent_id);
  }

private:
  bool has(const ScannedBlock& block, const Id& id) {
    return id.client == block.id.client || id.clock < of(id.client);
  }

  const std::function<Clock(ClientId)>& state_of_;
  std::unordered_map<std::uint64_t, Clock, SeededHash> ends_;  // never moves an end
  RecentClients<Clock*> recent_;
};

// Takes what can be taken of a section; says whether that was anything.
bool advance(SectionReader& section, States& states) {
  bool advanced = false;
  Clock& end = states.of(section.client());
  while (!section.at_end()) {
    const ScannedBlock block = section.peek();
    if (block.kind() != ContentKind::skip && block.end_clock() > end) {
      if (block.id.clock > end || !states.has_references(block)) return advanced;
      end = block.end_clock();
    }
    section.step_over(block);
    advanced = true;
  }
  return advanced;
}

std::size_t cost_of_rest(SectionReader section) {
  std::size_t bytes = 0;
  while (!section.at_end()) bytes += Pending::bytes_per_block + section.scan().bytes().size();
  return bytes;
}

}  // namespace

std::size_t estimate_waiting_bytes(const std::function<Clock(ClientId)>& state_of, BytesView update) {
  States states(state_of);
  UpdateReader reader(update);
  std::vector<SectionReader> open;
  while (std::optional<SectionReader> section = reader.next_section()) {
    SectionReader rest = *section;
    advance(rest, states);
    if (!rest.at_end()) open.push_back(rest);
    while (!rest.at_end()) rest.scan();
    reader.skip_to(rest);
  }
  bool advanced = true;
  for (int round = 0; advanced && round < max_rounds; ++round) {
    advanced = false;
    for (SectionReader& section : open) advanced |= advance(section, states);
    std::erase_if(open, [](const SectionReader& section) { return section.at_end(); });
  }
  std::size_t bytes = 0;
  for (const SectionReader& section : open) bytes += cost_of_rest(section);
  visit_deletions(reader.reader(), [&](ClientId client, ClockRange range) {
    if (range.end() > states.of(client)) bytes += sizeof(ClockRange);
  });
  return bytes;
}

}  // namespace canvas::crdt
