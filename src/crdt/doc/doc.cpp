#include "crdt/doc/doc.h"

#include <algorithm>
#include <random>

#include "crdt/application_internal.h"
#include "crdt/doc/update_application_internal.h"

namespace canvas::crdt {
namespace {

// As wide as Yjs 13 draws them.
ClientId random_client() {
  std::random_device random;
  return ClientId{random() & 0xffffffffu};
}

}  // namespace

void TransactionLog::clear() {
  changed.clear();
  deleted.clear();
  cut.clear();
  roots.clear();
}

std::size_t TransactionLog::memory_bytes() const {
  return changed.capacity() * sizeof(ClientIndex) + deleted.capacity() * sizeof(Deletion) +
         cut.capacity() * sizeof(Reference) + roots.capacity() * sizeof(TypeIndex);
}

DocState::DocState(const Doc::Options& options)
    : deleted(options.deleted),
      max_pending_bytes(options.max_pending_bytes),
      own_client(options.client ? *options.client : random_client()) {}

std::string_view DocState::name_of(TypeIndex type) const {
  const TypeState& state = types[type];
  if (state.kind != TypeKind::xml_element && state.kind != TypeKind::xml_hook) return {};
  if (state.is_root()) return {};
  lib0::Reader content(items[state.owner].content());
  content.read_var_uint();
  return content.read_var_string();
}

ItemIndex DocState::value_of_key(TypeIndex type, NameIndex key) const {
  const KeyTable::Entry* entry = types[type].keys.find(key);
  return entry == nullptr || items[entry->last].is_deleted() ? no_item : entry->last;
}

Doc::Doc() : Doc(Options{}) {}

Doc::Doc(const Options& options) : state_(std::make_unique<DocState>(options)) {}

Doc::~Doc() = default;

Result<Doc::Applied> Doc::apply(BytesView update) {
  const Result<CheckedUpdate> checked = read_checked(update);
  if (!checked) return checked.error();
  // The estimate reads the update once more: only where it can come to the limit.
  if (pending_bytes() + update.size() / 2 * Waiting::bytes_per_block > state_->max_pending_bytes) {
    const auto known = [this](ClientId id) {
      const std::optional<ClientIndex> client = state_->items.find_client(id);
      return client ? state_->items.end(*client) : 0;
    };
    if (pending_bytes() + estimate_waiting_bytes(known, update) > state_->max_pending_bytes) {
      return Error{Errc::too_large,
                   "an update waits for others that never came, and there is no more room for such"};
    }
  }
  Applied applied = UpdateApplication(*state_, *checked).run();
  // Another replica uses our number: go on under a new one.
  const std::optional<ClientIndex> own = state_->items.find_client(state_->own_client);
  const bool is_taken = own && state_->items.client(*own).changed_in == state_->transactions;
  if (is_taken || state_->waiting.find(state_->own_client) != nullptr) state_->own_client = random_client();
  return applied;
}

StateVector Doc::state_vector() const {
  std::vector<StateVector::Entry> entries;
  entries.reserve(state_->items.clients().size());
  for (const ItemStore::Client& client : state_->items.clients())
    entries.push_back({client.id, client.items.end()});
  return StateVector(std::move(entries));
}

bool Doc::has_pending() const {
  return !state_->waiting.empty();
}

std::size_t Doc::pending_bytes() const {
  return state_->waiting.memory_bytes();
}

ClientId Doc::client() const {
  return state_->own_client;
}

std::size_t Doc::item_count() const {
  return state_->items.item_count();
}

std::size_t Doc::memory_bytes() const {
  const DocState& doc = *state_;
  return sizeof(doc) + doc.items.memory_bytes() + doc.content_heap_bytes + doc.names.memory_bytes() +
         doc.types.memory_bytes() + doc.siblings.memory_bytes() + doc.waiting.memory_bytes() +
         doc.log.memory_bytes();
}

}  // namespace canvas::crdt
