#include <unordered_map>

#include "crdt/application_internal.h"

namespace canvas::crdt {
namespace {

// An update that reads each of its parts again this often without an end is not from Yjs; what is left then
// counts as waiting.
constexpr int max_rounds = 32;

// Where the clients of an update would be after it.
class States {
public:
  explicit States(const std::function<Clock(ClientId)>& state_of) : state_of_(state_of) {}

  Clock get(ClientId client) {
    const auto [at, is_new] = ends_.try_emplace(value_of(client), 0);
    if (is_new) at->second = state_of_(client);
    return at->second;
  }

  void set(ClientId client, Clock end) { ends_[value_of(client)] = end; }

  bool has(const WireBlock& block, const std::optional<Id>& id) {
    return !id || id->client == block.id.client || id->clock < get(id->client);
  }

private:
  const std::function<Clock(ClientId)>& state_of_;
  std::unordered_map<std::uint64_t, Clock, SeededHash> ends_;
};

// Takes what can be taken of a section; says whether that was anything.
bool advance(SectionReader& section, States& states) {
  bool advanced = false;
  while (!section.at_end()) {
    SectionReader behind = section;
    const WireBlock block = behind.next();
    const Clock end = states.get(block.id.client);
    if (block.kind != ContentKind::skip && block.end() > end) {
      const std::optional<Id> parent =
          block.parent && !block.parent->root_name ? std::optional(block.parent->id) : std::nullopt;
      if (block.id.clock > end || !states.has(block, block.origin) ||
          !states.has(block, block.right_origin) || !states.has(block, parent)) {
        return advanced;
      }
      states.set(block.id.client, block.end());
    }
    section = behind;
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
    while (!rest.at_end()) rest.next();
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
  reader.read_delete_set([&](ClientId client, ClockRange range) {
    if (range.end() > states.get(client)) bytes += sizeof(ClockRange);
  });
  return bytes;
}

}  // namespace canvas::crdt
