// Medians, and tables that can be pasted into a page.

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return NaN
  return Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)]
}

export const fixed = (digits) => (number) => Number.isFinite(number) ? number.toFixed(digits) : '-'
export const grouped = (number) => Number.isFinite(number) ? Math.round(number).toLocaleString('en-US') : '-'

// `columns` is [[title, cell(row)], ...]: Markdown, aligned. The first column is text, the others are numbers.
export function table(columns, rows) {
  const cells = rows.map((row) => columns.map(([, cell]) => String(cell(row))))
  const widths = columns.map(([title], i) => Math.max(title.length, 3, ...cells.map((row) => row[i].length)))
  const pad = (text, i) => i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])
  const line = (texts) => `| ${texts.map(pad).join(' | ')} |`
  const rule = `|${widths.map((width, i) => i === 0 ? `:${'-'.repeat(width + 1)}` : `${'-'.repeat(width + 1)}:`).join('|')}|`
  return [line(columns.map(([title]) => title)), rule, ...cells.map(line)].join('\n')
}
