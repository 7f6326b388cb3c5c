// Goes along the chain of every partition, and says where it breaks, if it does.

import type { PartitionRange } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { Chain } from '../../stream/receipts/chain.ts'
import { decodeReceipt } from '../../stream/receipts/receipt.ts'
import { printJson } from '../output.ts'
import { type StreamOption, withStream } from '../shared/stream.ts'
import { writeTable } from '../terminal/table.ts'
import type { Placed } from './line.ts'
import { fromFile, fromKafka, rangesOf } from './read.ts'

/** A hash that was kept elsewhere: it has to be in the chain of that partition. */
export interface Head {
  readonly partition: number
  readonly hash: string
}

export interface VerifyOptions extends StreamOption {
  readonly file?: string
  readonly head?: readonly Head[]
  readonly json?: true
}

export async function verify(name: string | undefined, options: VerifyOptions): Promise<void> {
  const { file } = options
  if (file !== undefined) return tell(file, await chainsOf(fromFile(file), { heads: options.head }), options)
  if (name === undefined) throw new FaultError('usage', { detail: 'name a stream, or a file with --file' })
  await withStream(name, options, async stream => {
    const about = { heads: options.head, ranges: await rangesOf(stream) }
    tell(name, await chainsOf(fromKafka(stream), about), options)
  })
}

/** What is known beside the records. */
export interface About {
  readonly heads?: readonly Head[] | undefined
  /** The partitions that there are; unset: those of which there are records. */
  readonly ranges?: readonly PartitionRange[]
}

/** The chain of each partition, in the order of their numbers. */
export async function chainsOf(
  records: AsyncIterable<Placed>,
  { heads = [], ranges = [] }: About
): Promise<Chain[]> {
  const chains = new Map(ranges.map(({ partition }) => [partition, new Chain(partition)]))
  for (const { partition, start } of ranges) if (start > 0) chains.get(partition)?.cut()
  const missing = new Set(heads)
  const ends = new Map<number, number>()
  for await (const placed of records) {
    const { partition, record } = placed
    const chain = chains.get(partition) ?? new Chain(partition)
    chains.set(partition, chain)
    const why = misplaced(placed, ends.get(partition))
    if (why !== null) chain.broken ??= { offset: record.offset, why }
    ends.set(partition, record.offset)
    chain.take(record)
    for (const head of missing)
      if (head.partition === partition && head.hash === chain.head) missing.delete(head)
  }
  for (const { partition, hash } of missing) {
    const chain = chains.get(partition) ?? new Chain(partition)
    chains.set(partition, chain)
    const why = `no receipt has the hash ${hash}: what came up to it is missing`
    chain.broken ??= { offset: (ends.get(partition) ?? -1) + 1, why }
  }
  return [...chains.values()].sort((a, b) => a.partition - b.partition)
}

/** Why it cannot stand where it does, behind the record at offset `last`; null where it can. */
function misplaced(
  { record: { offset, value }, isVoid }: Pick<Placed, 'record' | 'isVoid'>,
  last = -1
): string | null {
  if (offset <= last) return 'it stands behind what comes after it'
  if (isVoid === undefined) return null
  // What is written around a receipt in a file is in no hash: it has to fit the receipt, and what stands before it.
  const at = decodeReceipt(value)?.at ?? offset // other bytes than were written are told as that
  if (!isVoid && at !== offset) return 'it was written to another offset'
  return last >= 0 && offset > last + 1 ? 'what stood before it is missing' : null
}

/** Throws `receipts_broken` after all was told. */
function tell(of: string, chains: readonly Chain[], { json }: VerifyOptions): void {
  const breaks = chains.flatMap(({ partition, broken }) => (broken === null ? [] : { partition, ...broken }))
  if (json)
    printJson({
      of,
      isWhole: breaks.length === 0 && chains.some(({ head }) => head !== null),
      partitions: chains.map(
        ({ partition, receipts, firstTime, lastTime, head, voids, isCut, broken: where }) => ({
          ...{ partition, receipts, first: firstTime, last: lastTime, head, void: voids },
          ...{ isBeginningGone: isCut, broken: where }
        })
      )
    })
  else tellPeople(chains)
  const [first] = breaks
  const records = chains.reduce((sum, { voids, head }) => sum + voids + Number(head !== null), 0)
  if (first === undefined && records === 0) throw new FaultError('receipts_missing', { path: of })
  if (first === undefined) return
  const { partition, offset, why: detail } = first
  throw new FaultError('receipts_broken', { path: `partition ${partition}, offset ${offset}`, detail })
}

function tellPeople(chains: readonly Chain[]): void {
  const titles = ['PARTITION', 'RECEIPTS', 'VOID', 'FIRST', 'LAST', 'STATE', 'HEAD']
  writeTable(
    process.stdout,
    titles.map((title, at) => ({ title, ...(at < 3 && { isNumber: true as const }) })),
    chains.map(chain => [
      ...[String(chain.partition), String(chain.receipts), String(chain.voids), chain.firstTime],
      ...[chain.lastTime, stateOf(chain), chain.head ?? '']
    ])
  )
}

function stateOf({ broken, isCut, head }: Pick<Chain, 'broken' | 'isCut' | 'head'>): string {
  if (broken !== null) return `broken at ${broken.offset}`
  if (head === null) return isCut ? 'empty; all that was there is gone' : 'empty'
  return isCut ? 'whole; its beginning is gone' : 'whole'
}
