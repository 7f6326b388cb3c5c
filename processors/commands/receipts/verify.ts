// Goes along the chain of every partition, and says where it breaks, if it does.

import { FaultError } from '../../../schemas/errors.ts'
import { Chain } from '../../stream/receipts/chain.ts'
import { printJson } from '../output.ts'
import { type StreamOption, withStream } from '../shared/stream.ts'
import { writeTable } from '../terminal/table.ts'
import type { Placed } from './line.ts'
import { fromFile, fromKafka } from './read.ts'

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
  if (file !== undefined) return tell(file, await chainsOf(fromFile(file), options.head), options)
  if (name === undefined) throw new FaultError('usage', { detail: 'name a stream, or a file with --file' })
  await withStream(name, options, async stream =>
    tell(name, await chainsOf(fromKafka(stream), options.head), options)
  )
}

/** The chain of each partition, in the order of their numbers. */
async function chainsOf(records: AsyncIterable<Placed>, heads: readonly Head[] = []): Promise<Chain[]> {
  const chains = new Map<number, Chain>()
  const missing = new Set(heads)
  const ends = new Map<number, number>()
  for await (const { partition, record } of records) {
    const chain = chains.get(partition) ?? new Chain(partition)
    chains.set(partition, chain)
    if (record.offset <= (ends.get(partition) ?? -1))
      chain.broken ??= { offset: record.offset, why: 'it stands behind what comes after it' }
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

/** Throws `receipts_broken` after all was told. */
function tell(of: string, chains: readonly Chain[], { json }: VerifyOptions): void {
  const breaks = chains.flatMap(({ partition, broken }) => (broken === null ? [] : { partition, ...broken }))
  if (json)
    printJson({
      of,
      isWhole: breaks.length === 0,
      partitions: chains.map(
        ({ partition, receipts, firstTime, lastTime, head, voids, isCut, broken: where }) => ({
          ...{ partition, receipts, first: firstTime, last: lastTime, head, void: voids },
          ...{ isBeginningGone: isCut, broken: where }
        })
      )
    })
  else tellPeople(chains)
  const [first] = breaks
  if (first === undefined) return
  const { partition, offset, why: detail } = first
  throw new FaultError('receipts_broken', { path: `partition ${partition}, offset ${offset}`, detail })
}

function tellPeople(chains: readonly Chain[]): void {
  const titles = ['PARTITION', 'RECEIPTS', 'VOID', 'FIRST', 'LAST', 'STATE', 'HEAD']
  writeTable(
    process.stdout,
    titles.map((title, at) => ({ title, ...(at < 3 && { isNumber: true as const }) })),
    chains.map(({ partition, receipts, voids, firstTime, lastTime, head, ...chain }) => [
      ...[String(partition), String(receipts), String(voids), firstTime, lastTime],
      ...[stateOf(chain), head ?? '']
    ])
  )
}

function stateOf({ broken, isCut }: Pick<Chain, 'broken' | 'isCut'>): string {
  if (broken !== null) return `broken at ${broken.offset}`
  return isCut ? 'whole; its beginning is gone by retention' : 'whole'
}
