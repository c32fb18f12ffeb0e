// Makes the inputs that are not recorded but follow from a rule: node generate.mjs FOLDER {"replacements":N,"piled":N,"many":N}
// The same each time, byte for byte. FOLDER has the recorded traces, unpacked.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { Y, encoding } from '../peers/yjs.mjs'
import { readSequence, writeSequence } from './sequence.mjs'

const [folder, plan] = [argv[2], JSON.parse(argv[3])]
const inFolder = (name) => join(folder, name)

writeSequence(inFolder('habit-updates.v1.bin'), habit(plan.replacements))
writeSequence(inFolder('pile-ascending-updates.v1.bin'), pile(clients(plan.piled)))
writeSequence(inFolder('pile-descending-updates.v1.bin'), pile(clients(plan.piled).reverse()))
writeFileSync(inFolder('known-few.v1.bin'), documentOf(10))
writeFileSync(inFolder('known-many.v1.bin'), documentOf(plan.many))
writeSequence(inFolder('visitor-updates.v1.bin'), visitor(200))
for (const name of ['b4', 'diagram-drag']) {
  const updates = readSequence(inFolder(`${name}-updates.v1.bin`))
  const state = stateAfter(updates.slice(0, Math.floor(0.99 * updates.length)))
  writeFileSync(inFolder(`${name}-99.v1.bin`), state)
  writeFileSync(inFolder(`${name}-99.sv.bin`), Y.encodeStateVectorFromUpdate(state))
}
writeFileSync(inFolder('made-for'), argv[3])

// Two clients that are always up to date take turns; each deletes the whole text and inserts it anew, as the app does when somebody drags a shape.
function habit(replacements) {
  const updates = []
  const docs = [newDoc(1), newDoc(2)]
  for (const [i, doc] of docs.entries()) {
    doc.on('update', (update, origin) => {
      if (origin === 'remote') return
      updates.push(update)
      Y.applyUpdate(docs[1 - i], update, 'remote')
    })
  }
  const next = random(1)
  for (let i = 0; i < replacements; ++i) {
    const doc = docs[i % 2]
    const text = doc.getText('diagram-xml')
    doc.transact(() => {
      text.delete(0, text.length)
      text.insert(0, diagram(next))
    })
  }
  return updates
}

// About 30 KiB of draw.io's XML.
function diagram(next) {
  const cells = []
  for (let i = 0, size = 0; size < 30 * 1024; ++i) {
    const cell = `<mxCell id="${i}" value="Step ${i}" style="rounded=1;whiteSpace=wrap;html=1;" vertex="1" parent="1">` +
      `<mxGeometry x="${next(2000)}" y="${next(2000)}" width="120" height="60" as="geometry"/></mxCell>`
    cells.push(cell)
    size += cell.length
  }
  return `<mxGraphModel><root>${cells.join('')}</root></mxGraphModel>`
}

// Clients that know nothing of each other insert a character each in the same place.
function pile(list) {
  return list.map((client) => edit(client, (doc) => doc.getText('text').insert(0, String.fromCharCode(97 + client % 26))))
}

// A document in which so many clients have set a key each. Written by hand of their updates (one client, one block, no deletion): Yjs
// itself would need minutes to put them together.
function documentOf(count) {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, count)
  for (const client of clients(count).reverse()) {
    const update = edit(client, (doc) => doc.getMap('keys').set(`key ${client}`, client))
    encoding.writeUint8Array(encoder, update.subarray(1, -1)) // without its counts of clients and of deletions
  }
  encoding.writeVarUint(encoder, 0)
  return encoding.toUint8Array(encoder)
}

// Somebody new who types.
function visitor(count) {
  const updates = []
  const doc = newDoc(2 ** 31)
  doc.on('update', (update) => updates.push(update))
  for (let i = 0; i < count; ++i) doc.getText('text').insert(i, 'v')
  return updates
}

function stateAfter(updates) {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return Y.encodeStateAsUpdate(doc)
}

function edit(client, change) {
  const doc = newDoc(client)
  change(doc)
  return Y.encodeStateAsUpdate(doc)
}

function newDoc(client) {
  const doc = new Y.Doc()
  doc.clientID = client
  return doc
}

function clients(count) {
  return Array.from({ length: count }, (_, i) => i + 1)
}

// mulberry32: next(n) is from 0 to n - 1.
function random(seed) {
  let state = seed
  return (below) => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
