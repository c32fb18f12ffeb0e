// One update on its way into a Doc.
#pragma once

#include <boost/container/small_vector.hpp>
#include <set>

#include "crdt/doc/transaction_internal.h"
#include "crdt/update_reader.h"

namespace canvas::crdt {

// An update that was checked: where its sections and its deletions begin. Borrows the bytes.
struct CheckedUpdate {
  boost::container::small_vector<SectionReader, 4> sections;
  lib0::Reader deletions;
};

// Reads all of it, as check_update does. Fails with Errc::malformed.
Result<CheckedUpdate> read_checked(BytesView update);

// Used once. Blocks go in in Yjs's order (`integrateStructs`): clients from the highest on; where one needs
// what another section brings, that goes first, as far as is needed. What waits afterwards is kept in
// DocState::waiting.
class UpdateApplication {
public:
  UpdateApplication(DocState& doc, const CheckedUpdate& update);

  Doc::Applied run();

private:
  using MaybeNeed = std::optional<Waiting::Need>;
  struct Section {
    SectionReader rest;
    bool stuck = false;  // or waiting for another section
  };

  void run_sections();
  void run_section(std::size_t index);
  // A section that may bring what is needed of the client.
  std::optional<std::size_t> section_for(ClientId client) const;

  // Puts the block in, or says what it needs first. Of a block whose beginning is known only the rest counts.
  MaybeNeed take(const WireBlock& block);
  MaybeNeed missing(const WireBlock& block, Clock from) const;
  void integrate(const WireBlock& block, ClientIndex client, std::uint64_t offset);
  bool find_parent(const WireBlock& block, ItemIndex left, ItemIndex right, Item& item);
  Clock end_of(ClientId client) const;

  void keep_rest();
  void run_woken();
  void run_waiting(ClientId client);
  void wake_for(ClientId client);

  void apply_deletion(ClientId client, ClockRange range);
  void apply_waiting_deletions();

  DocState& doc_;
  Transaction transaction_;
  lib0::Reader deletions_;
  DeleteSet waiting_deletions_;  // of this update: what they delete has not come
  boost::container::small_vector<Section, 4> sections_;
  std::set<ClientId, std::greater<>> woken_;
};

}  // namespace canvas::crdt
