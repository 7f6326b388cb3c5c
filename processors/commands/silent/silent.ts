// Lists the devices of a stream that are silent, by what Kafka knows: as the stream itself tells it while it runs.

import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { expectedBy } from '../../service/streams/silence.ts'
import { partitionKey } from '../../stream/assignment/partition.ts'
import { Roll } from '../../stream/silence/roll.ts'
import type { SilenceOptions } from '../../stream/silence/silence.ts'
import { timeText } from '../dead-letters/letter.ts'
import { counted, printJson } from '../output.ts'
import { type StreamOption, withStream } from '../shared/stream.ts'
import { presentSurroundings } from '../shared/surroundings.ts'
import { writeTable } from '../terminal/table.ts'
import { ageText } from '../terminal/values.ts'
import { type HeardPartition, readHeard } from './heard.ts'

export interface SilentCommandOptions extends StreamOption {
  /** In ms. */
  readonly after?: number
  readonly json?: true
}

/** A device that is silent, and when it was heard, in Unix ms; null: never. */
export type Silent = readonly [device: string, heardMs: number | null]

const columns = [
  { title: 'DEVICE' },
  { title: 'HEARD LAST' },
  { title: 'SILENT FOR', isNumber: true }
] as const

export async function silent(name: string, options: SilentCommandOptions): Promise<void> {
  await withStream(name, options, async stream => {
    const { config, whole } = stream
    if (config.silence === undefined) {
      const detail = `stream ${name} keeps no record of when devices were heard: give it "silence: {}"`
      throw new FaultError('usage', { detail })
    }
    const afterMs = options.after ?? config.silence.afterSeconds * 1_000
    const nowMs = Date.now()
    const wanted = expectedBy(config, whole.channels, await presentSurroundings(whole, stream))
    const partitions = await readHeard(stream)
    show(silentAmong(partitions, { afterMs, ...wanted }, nowMs), { partitions, afterMs, nowMs, ...options })
  })
}

/** Those that are silent now, the ones silent longest first. */
export function silentAmong(
  partitions: readonly HeardPartition[],
  { afterMs, expected, wants }: SilenceOptions,
  nowMs: number
): Silent[] {
  const roll = new Roll(afterMs)
  const since = new Map(partitions.map(({ origin, sinceMs }) => [partitionKey(origin), sinceMs]))
  for (const { origin, sinceMs, heard } of partitions)
    for (const [device, heardMs] of heard) {
      const isSilent =
        heardMs === 0 ? roll.unknown(device, sinceMs ?? nowMs, nowMs) : roll.heard(device, heardMs, nowMs)
      if (isSilent && !wants(device, origin.topic, nowMs)) roll.strike(device)
    }
  for (const { device, topic } of expected(nowMs)) {
    const count = partitions.filter(({ origin }) => origin.topic === topic).length
    const partition = partitionOf(Buffer.from(device), Math.max(1, count))
    roll.unknown(device, since.get(partitionKey({ topic, partition })) ?? nowMs, nowMs)
  }
  return [...roll.silent].sort(([, a], [, b]) => (a ?? 0) - (b ?? 0))
}

interface About {
  readonly partitions: readonly HeardPartition[]
  readonly afterMs: number
  readonly nowMs: number
  readonly json?: true
}

function show(found: readonly Silent[], { partitions, afterMs, nowMs, json }: About): void {
  if (json)
    for (const [device, heardMs] of found)
      printJson({
        device,
        heard: heardMs === null ? null : new Date(heardMs).toISOString(),
        silentSeconds: heardMs === null ? null : Math.round((nowMs - heardMs) / 1000)
      })
  else if (found.length > 0)
    writeTable(
      process.stdout,
      columns,
      found.map(([device, heardMs]) =>
        heardMs === null ? [device, 'never', ''] : [device, timeText(heardMs), ageText(nowMs - heardMs)]
      )
    )
  process.stderr.write(
    `${counted(found.length, 'device')} silent for more than ${ageText(afterMs)}${knownText(partitions)}\n`
  )
}

/** What could not be told: of whom nothing is known before the stream listened. */
function knownText(partitions: readonly HeardPartition[]): string {
  const known = partitions.flatMap(({ sinceMs }) => sinceMs ?? [])
  if (known.length === 0) return '; the stream has not listened yet'
  return `; the stream has listened since ${timeText(Math.max(...known))}`
}
