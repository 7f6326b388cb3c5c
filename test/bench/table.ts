// Prints rows as a table for people: one column per field, numbers to the right with thousands set apart.

import type { Row } from './bench.ts'

/** The columns come in the order in which the rows first name them. */
export function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const lines = [columns, ...rows.map(row => columns.map(column => cell(row[column])))]
  const widths = columns.map((_, index) => Math.max(...lines.map(line => line[index]?.length ?? 0)))
  const isNumber = columns.map(column => rows.every(row => typeof row[column] !== 'string'))
  const print = (line: readonly string[]) =>
    line.map((text, index) => (isNumber[index] ? text.padStart : text.padEnd).call(text, widths[index] ?? 0))
  return lines.map(line => print(line).join('  ').trimEnd()).join('\n')
}

function cell(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : (value ?? '')
}
