// What a server gives to somebody who joins: with it one sees what it still has.
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import WebSocket from 'ws'
import * as Y from 'yjs'

const limit = 20_000
const message = { sync: 0, auth: 2 }
const step = { one: 0, two: 1 }
const emptyStateVector = new Uint8Array([0])

// The state vector of `document` (Hocuspocus protocol), as a Map from client to clock: of what can be integrated, without a gap.
export function readState(port, document) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: `http://127.0.0.1:${port}` })
    const timer = setTimeout(() => finish(reject, new Error(`${document} does not come in ${limit / 1000} s`)), limit)
    const finish = (settle, value) => {
      clearTimeout(timer)
      socket.terminate()
      settle(value)
    }
    socket.on('open', () => {
      socket.send(frame(document, message.auth, (out) => { writeVarUint(out, 0); writeVarString(out, ''); writeVarString(out, '4.7.0') }))
      socket.send(frame(document, message.sync, (out) => { writeVarUint(out, step.one); writeVarUint8Array(out, emptyStateVector) }))
    })
    socket.on('message', (data) => {
      const update = updateIn(data)
      if (update) finish(resolve, stateOf(update))
    })
    socket.on('close', (code) => finish(reject, new Error(`${document}: the server closes with ${code}`)))
    socket.on('error', (error) => finish(reject, error))
  })
}

function frame(document, type, write) {
  const out = createEncoder()
  writeVarString(out, document)
  writeVarUint(out, type)
  write(out)
  return toUint8Array(out)
}

// Of a Step2.
function updateIn(data) {
  const bytes = new Uint8Array(data)
  if (bytes.length === 1) return undefined // a ping
  const decoder = createDecoder(bytes)
  readVarString(decoder)
  if (readVarUint(decoder) !== message.sync || readVarUint(decoder) !== step.two) return undefined
  return readVarUint8Array(decoder)
}

function stateOf(update) {
  const document = new Y.Doc()
  Y.applyUpdate(document, update)
  return Y.decodeStateVector(Y.encodeStateVector(document))
}
