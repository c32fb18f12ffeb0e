// For what lies outside this folder.
export * as Y from 'yjs'
export * as decoding from 'lib0/decoding'
export * as encoding from 'lib0/encoding'
