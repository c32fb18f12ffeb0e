// What is measured. `root` is where the content is, to compare what the engines made of it.
const engines = ['store', 'doc', 'yjs', 'ywasm']
const text = { text: 'text' }
const shapes = { map: 'shapes' }
const known = { map: 'keys', text: 'text' }

// For ./test: the same on less.
export const plans = {
  full: { b4: undefined, drag: undefined, merged: 8000, replacements: 2000, piled: 8000, many: 10_000 },
  quick: { b4: 5000, drag: 3000, merged: 1000, replacements: 50, piled: 400, many: 500 }
}

const count = (number) => number.toLocaleString('en-US')

export function casesOf(plan, all) {
  const first = (number) => ({ first: number })
  const b4 = { operation: 'apply', input: 'b4-updates.v1.bin', root: text, engines }
  const drag = { operation: 'apply', input: 'diagram-drag-updates.v1.bin', root: shapes, engines }
  const pile = (order) => ({ operation: 'apply', input: `pile-${order}-updates.v1.bin`, root: text, engines })
  const visit = { operation: 'apply', input: 'visitor-updates.v1.bin', root: known, engines }
  const final = (name) => ({ input: `${name}-final.v1.bin`, root: name === 'b4' ? text : shapes, engines })
  const difference = (name) => ({ ...final(name), operation: 'difference', known: `${name}-99.sv.bin`, base: `${name}-99.v1.bin` })
  const merge = { operation: 'merge', input: 'b4-updates.v1.bin', root: text }
  return [
    { name: 'apply-b4', title: `(a) apply b4, ${count(plan.b4 ?? 259_778)} updates`, ...b4, ...first(plan.b4) },
    { name: 'load-b4', title: '(b) load b4', ...final('b4'), operation: 'load' },
    { name: 'encode-b4', title: '(b) encode b4', ...final('b4'), operation: 'encode' },
    { name: 'load-diagram', title: '(b) load the diagram', ...final('diagram-drag'), operation: 'load' },
    { name: 'encode-diagram', title: '(b) encode the diagram', ...final('diagram-drag'), operation: 'encode' },
    { name: 'merge-part', title: `(c) merge b4's first ${count(plan.merged)} updates`, ...merge, ...first(plan.merged), engines: ['store', 'yjs'] },
    { name: 'merge-b4', title: `(c) merge all ${count(plan.b4 ?? 259_778)} of b4`, ...merge, ...first(plan.b4), engines: ['store'], same: !plan.b4 && 'b4-final.v1.bin' },
    { name: 'difference-b4', title: '(d) the last 1 % of b4', ...difference('b4') },
    { name: 'difference-diagram', title: '(d) the last 1 % of the diagram', ...difference('diagram-drag') },
    { name: 'diff-diagram', title: '(d) the same of an update, no document', ...difference('diagram-drag'), operation: 'diff', engines: ['store', 'yjs'] },
    { name: 'apply-diagram', title: `(e) apply diagram-drag, ${count(plan.drag ?? 101_000)} updates`, ...drag, ...first(plan.drag) },
    {
      name: 'habit', title: `(f) replace 30 KiB of text ${count(plan.replacements)} times`, operation: 'apply', input: 'habit-updates.v1.bin',
      root: { text: 'diagram-xml' }, engines
    },
    { name: 'pile-half', title: `(g) ${count(plan.piled / 2)} at one place, ids ascending`, ...pile('ascending'), ...first(plan.piled / 2) },
    { name: 'pile-ascending', title: `(g) ${count(plan.piled)} at one place, ids ascending`, ...pile('ascending') },
    { name: 'pile-descending', title: `(g) ${count(plan.piled)} at one place, ids descending`, ...pile('descending') },
    { name: 'visit-few', title: '(h) 200 updates, 10 clients known', ...visit, start: 'known-few.v1.bin' },
    { name: 'visit-many', title: `(h) 200 updates, ${count(plan.many)} clients known`, ...visit, start: 'known-many.v1.bin' },
    { name: 'convert-diagram', title: 'the diagram from v1 to v2', ...final('diagram-drag'), operation: 'convert', engines: ['store', 'yjs'] },
    { name: 'json-diagram', title: '(i) JSON of the diagram', ...final('diagram-drag'), operation: 'json', engines: engines.filter((name) => name !== 'store') }
  ].map((one) => ({ ...one, engines: one.engines.filter((name) => all.includes(name)) }))
}

// [what, the case, the case it is held against]: how the time grows.
export const growths = [
  ['(g) twice as many at one place', 'pile-ascending', 'pile-half'],
  ['(h) one update, many clients known / 10', 'visit-many', 'visit-few']
]
