// A server's side of a Yjs document: it takes what two replicas made, tells a third what it lacks, and reads
// the text.
#include <cstdio>
#include <string>

#include "crdt/block_store.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/read.h"

namespace {

using namespace canvas;

// What `doc.getText('text').insert(0, word)` makes, by a client that has made nothing before: as a browser
// sends it.
Bytes typed(std::uint8_t client, const std::string& word) {
  Bytes update{1, 1, client, 0};  // one client, one block, of `client`, from clock 0
  update.insert(update.end(), {4, 1, 4, 't', 'e', 'x', 't'});  // a string, in the root type "text"
  update.push_back(static_cast<std::uint8_t>(word.size()));
  update.insert(update.end(), word.begin(), word.end());
  update.push_back(0);  // nothing is deleted
  return update;
}

// A Doc puts the blocks in their places, so that there is something to read.
Result<bool> read(BytesView state) {
  crdt::Doc doc;
  if (const auto applied = doc.apply(state); !applied) return applied.error();
  const auto root = crdt::find_root(doc, "text");
  if (!root) return malformed("there is no text");
  const Result<std::string> text = crdt::to_text(doc, *root);
  if (!text) return text.error();
  std::printf("the text is \"%s\"\n", text->c_str());
  if (*text != "hello world") return malformed("another text was expected");
  return true;
}

Result<bool> serve() {
  crdt::BlockStore store;
  for (const Bytes& update : {typed(1, "hello "), typed(2, "world")}) {
    // Hostile bytes are an error here, and change nothing.
    if (const auto applied = store.apply(update); !applied) return applied.error();
  }

  // Sync Step 1 of a replica that has what client 1 made; the answer is Step 2.
  const auto known = crdt::StateVector::decode(Bytes{1, 1, 6});
  if (!known) return known.error();
  const Bytes lacking = store.encode_difference(*known);
  std::printf("a document of %zu blocks in %zu bytes of memory; the replica lacks %zu bytes\n",
              store.block_count(), store.memory_bytes(), lacking.size());

  // What the replica lacks is what client 2 made, byte for byte.
  if (lacking != typed(2, "world")) return malformed("another difference was expected");
  return read(*store.encode_state());
}

}  // namespace

int main() {
  const Result<bool> served = serve();
  if (!served) std::fprintf(stderr, "error: %s\n", served.error().message.c_str());
  return served ? 0 : 1;
}
