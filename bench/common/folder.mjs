// Empty folders that are gone when the benchmark ends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEnd } from './process.mjs'

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'canvas-bench-'))
  atEnd(() => removeFolder(folder))
  return folder
}

export const removeFolder = (folder) => rmSync(folder, { recursive: true, force: true })
