// Asks a process what it does, and prints it: a line for each stream, and below them whatever does not go on by itself.

import type { ServiceStatus } from '../../service/admin/status.ts'
import { printJson } from '../output.ts'
import { type AdminOption, adminAddress, statusAt } from '../shared/running.ts'
import { writeTable } from '../terminal/table.ts'
import { columnsOf, headline, needsPerson, reasonLines, rowOf } from './lines.ts'

export interface StatusOptions extends AdminOption {
  readonly json?: true
}

export async function status(options: StatusOptions): Promise<void> {
  const { url } = await adminAddress(options)
  const found = await statusAt(url)
  if (options.json) printJson(found)
  else show(found, Date.now())
  process.exitCode = needsPerson(found) ? 1 : 0
}

function show(found: ServiceStatus, nowMs: number): void {
  const out = process.stdout
  out.write(`${headline(found, nowMs)}\n`)
  const { streams } = found
  const columns = columnsOf(streams)
  if (streams.length > 0)
    writeTable(
      out,
      columns,
      streams.map(stream => rowOf(stream, columns, nowMs))
    )
  for (const line of reasonLines(found, nowMs)) out.write(`${line}\n`)
}
