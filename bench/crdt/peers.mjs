// Yjs and ywasm as documents that a case can be run on: each a Document as of bench/crdt/document.h, and what it holds.
import { Y } from '../peers/yjs.mjs'
import ywasm from '../peers/ywasm.mjs'

class YjsDocument {
  #doc = new Y.Doc()

  apply(update) {
    Y.applyUpdate(this.#doc, update)
  }
  encodeDifference(known) {
    return Y.encodeStateAsUpdate(this.#doc, known)
  }
  // Reading a root names its type; the first to do so pays for it, whichever engine it is.
  mapJson(name) {
    return JSON.stringify(this.#doc.getMap(name).toJSON())
  }
  free() {
    this.#doc.destroy()
  }
}

class YwasmDocument {
  #doc = new ywasm.YDoc({ gc: true })

  apply(update) {
    ywasm.applyUpdate(this.#doc, update, undefined)
  }
  encodeDifference(known) {
    return ywasm.encodeStateAsUpdate(this.#doc, known)
  }
  mapJson(name) {
    return JSON.stringify(this.#doc.getMap(name).toJson(undefined))
  }
  free() {
    this.#doc.free()
  }
}

// Twice: what the first finds to be unused it keeps a while longer.
function heapBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export const peers = {
  yjs: {
    newDocument: () => new YjsDocument(), heldBytes: heapBytes,
    merge: Y.mergeUpdates, diff: Y.diffUpdate, convert: Y.convertUpdateFormatV1ToV2
  },
  // What the module has asked for: it never gives back, so this is the most that it needed, and the process must be new.
  ywasm: { newDocument: () => new YwasmDocument(), heldBytes: () => ywasm.__wasm.memory.buffer.byteLength }
}
