// Shows receipts, or writes all of them as they are, for who wants to keep or check them elsewhere.

import { once } from 'node:events'
import { decodeReceipt, type Ending } from '../../stream/receipts/receipt.ts'
import { printJson } from '../output.ts'
import { type StreamOption, withStream } from '../shared/stream.ts'
import { writeTable } from '../terminal/table.ts'
import { lineOf } from './line.ts'
import { fromKafka } from './read.ts'

export interface ListOptions extends StreamOption {
  readonly device?: string
  /** Unix ms. */
  readonly since?: number
  readonly limit: number
  readonly json?: true
}

export async function list(name: string, options: ListOptions): Promise<void> {
  await withStream(name, options, async stream => {
    const found: Ending[] = []
    for await (const { record } of fromKafka(stream, options.since)) {
      const receipt = decodeReceipt(record.value)
      if (receipt === null || receipt.kind === 'opened' || receipt.at !== record.offset) continue
      if (options.device !== undefined && receipt.device !== options.device) continue
      found.push(receipt)
      if (found.length > 2 * options.limit) keepNewest(found, options.limit)
    }
    keepNewest(found, options.limit)
    tell(found, options)
  })
}

/** Puts them in order of their answers; of what was answered at one time, as they were read. */
function keepNewest(found: Ending[], limit: number): void {
  found.sort((a, b) => (a.answered === b.answered ? 0 : a.answered < b.answered ? -1 : 1))
  found.splice(0, Math.max(0, found.length - limit))
}

export async function exportAll(name: string, options: StreamOption): Promise<void> {
  await withStream(name, options, async stream => {
    for await (const { partition, record } of fromKafka(stream))
      if (!process.stdout.write(lineOf(partition, record))) await once(process.stdout, 'drain')
  })
}

function tell(found: readonly Ending[], { json }: ListOptions): void {
  if (json) {
    for (const receipt of found) printJson(receipt)
    return
  }
  const titles = ['ANSWERED', 'KIND', 'DEVICE', 'NUMBER', 'MESSAGE', 'ATTEMPTS', 'CODE', 'ANSWER', 'SHA-256']
  writeTable(
    process.stdout,
    titles.map(title => ({ title })),
    found.map(({ answered, kind, device, number, topic, partition, offset, ...rest }) => [
      ...[answered, kind, device ?? '', String(number ?? ''), `${topic}/${partition} @ ${offset}`],
      ...[String(rest.attempts), rest.code ?? '', rest.answer, rest.sha256]
    ])
  )
}
