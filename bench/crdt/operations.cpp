#include "crdt/operations.h"

#include <map>
#include <memory>

#include "crdt/convert.h"
#include "crdt/counted_memory.h"
#include "crdt/difference.h"
#include "crdt/document.h"
#include "crdt/inputs.h"
#include "crdt/measuring.h"
#include "crdt/merge.h"

namespace canvas::bench {
namespace {

Result<std::unique_ptr<Document>> loaded(const std::string& engine, BytesView update) {
  Result<std::unique_ptr<Document>> document = make_document(engine);
  if (!document || update.empty()) return document;
  const Result<bool> applied = (*document)->apply(update);
  if (!applied) return applied.error();
  return document;
}

Result<bool> apply_all(Document& document, const std::vector<BytesView>& updates) {
  for (const BytesView update : updates) {
    if (Result<bool> applied = document.apply(update); !applied) return applied;
  }
  return true;
}

Result<Outcome> apply_to(const std::string& engine, BytesView start, const std::vector<BytesView>& updates) {
  const std::size_t before = held_bytes();
  const Result<std::unique_ptr<Document>> document = loaded(engine, start);
  if (!document) return document.error();
  Result<bool> applied = true;
  Outcome outcome;
  outcome.spent = timed([&] { applied = apply_all(**document, updates); });
  if (!applied) return applied.error();
  outcome.held_bytes = held_bytes() - before;
  outcome.result = (*document)->encode_difference({});
  return outcome;
}

Result<Work> prepare_apply(const Request& request) {
  Result<Updates> updates = Updates::read(request.input, request.first);
  if (!updates) return updates.error();
  Bytes start;
  if (!request.start.empty()) {
    Result<Bytes> bytes = read_file(request.start);
    if (!bytes) return bytes.error();
    start = std::move(*bytes);
  }
  const auto kept = std::make_shared<const Updates>(std::move(*updates));
  return Work([engine = request.engine, start = std::move(start), kept] {
    return apply_to(engine, start, kept->list());
  });
}

Result<Work> prepare_load(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  return Work(
      [engine = request.engine, update = std::move(*update)] { return apply_to(engine, {}, {update}); });
}

Result<Outcome> encode(const std::string& engine, BytesView update, const crdt::StateVector& known) {
  const Result<std::unique_ptr<Document>> document = loaded(engine, update);
  if (!document) return document.error();
  Outcome outcome;
  outcome.spent = timed([&] { outcome.result = (*document)->encode_difference(known); });
  return outcome;
}

Result<Work> prepare_encode(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  return Work([engine = request.engine, update = std::move(*update)] { return encode(engine, update, {}); });
}

Result<crdt::StateVector> read_state_vector(const std::string& path) {
  const Result<Bytes> bytes = read_file(path);
  if (!bytes) return bytes.error();
  return crdt::StateVector::decode(*bytes);
}

Result<Work> prepare_difference(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  Result<crdt::StateVector> known = read_state_vector(request.known);
  if (!known) return known.error();
  return Work([engine = request.engine, update = std::move(*update), known = std::move(*known)] {
    return encode(engine, update, known);
  });
}

Result<Outcome> timed_result(const std::function<Result<Bytes>()>& make) {
  Result<Bytes> made = Bytes();
  Outcome outcome;
  outcome.spent = timed([&] { made = make(); });
  if (!made) return made.error();
  outcome.result = std::move(*made);
  return outcome;
}

Result<Work> prepare_merge(const Request& request) {
  Result<Updates> updates = Updates::read(request.input, request.first);
  if (!updates) return updates.error();
  const auto kept = std::make_shared<const Updates>(std::move(*updates));
  return Work([kept] { return timed_result([&] { return crdt::merge_updates(kept->list()); }); });
}

Result<Work> prepare_diff(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  Result<crdt::StateVector> known = read_state_vector(request.known);
  if (!known) return known.error();
  return Work([update = std::move(*update), known = std::move(*known)] {
    return timed_result([&] { return crdt::diff_update(update, known); });
  });
}

Result<Work> prepare_convert(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  return Work(
      [update = std::move(*update)] { return timed_result([&] { return crdt::convert_v1_to_v2(update); }); });
}

Result<Outcome> json(const std::string& engine, BytesView update, const std::string& root) {
  const Result<std::unique_ptr<Document>> document = loaded(engine, update);
  if (!document) return document.error();
  Result<std::string> text = std::string();
  Outcome outcome;
  outcome.spent = timed([&] { text = (*document)->map_json(root); });
  if (!text) return text.error();
  outcome.result = to_bytes(as_bytes(*text));
  return outcome;
}

Result<Work> prepare_json(const Request& request) {
  Result<Bytes> update = read_file(request.input);
  if (!update) return update.error();
  return Work([engine = request.engine, root = request.root, update = std::move(*update)] {
    return json(engine, update, root);
  });
}

}  // namespace

Result<Work> prepare(const Request& request) {
  static const std::map<std::string, Result<Work> (*)(const Request&)> operations = {
      {"apply", prepare_apply},           {"load", prepare_load},   {"encode", prepare_encode},
      {"difference", prepare_difference}, {"merge", prepare_merge}, {"diff", prepare_diff},
      {"convert", prepare_convert},       {"json", prepare_json}};
  const auto operation = operations.find(request.operation);
  if (operation == operations.end()) {
    return Error{Errc::invalid_use, "there is no operation \"" + request.operation + '"'};
  }
  return operation->second(request);
}

}  // namespace canvas::bench
