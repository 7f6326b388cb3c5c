// What Kafka knows of one device of a stream beside its messages: the commits, who waits, the dead letters, the ledger.

import type { LogAdmin } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { decodeLedger, type LedgerRecord } from '../../stream/ledger/ledger-record.ts'
import { decodeMetadata } from '../../stream/settlement/commit-metadata.ts'
import type { Run } from '../../stream/settlement/settled-set.ts'
import { findLetters } from '../dead-letters/find.ts'
import { type Letter, letterOf } from '../dead-letters/letter.ts'
import { readWaiting, type Waiting } from '../held/waiting.ts'
import type { StreamView } from '../shared/stream.ts'

/** Dead letters of one device that are looked at: the newest. */
const maxLetters = 10_000

/** How far the stream has got with a partition. */
export interface Standing {
  /** Null: it has committed nothing there. */
  readonly next: number | null
  readonly settled: readonly Run[]
}

export interface DeviceFacts {
  standing(topic: string, partition: number): Standing
  readonly waiting: readonly Waiting[]
  readonly letters: readonly Letter[]
  /** By topic; empty where the stream keeps no ledger. */
  readonly ledger: ReadonlyMap<string, LedgerRecord>
}

export async function readFacts({ admin, config, topics }: StreamView, device: string): Promise<DeviceFacts> {
  const commits = await admin.committed(config.group, topics)
  const waiting = await readWaiting(admin, config)
  const finding = { total: 0, read: 0, matched: 0, older: 0 }
  const letters = await findLetters(admin, config.deadLetters.topic, {
    filter: { device, limit: maxLetters },
    finding,
    read: letterOf
  })
  return {
    waiting: waiting.filter(one => one.device.key.toString() === device),
    letters,
    ledger: config.ledger === undefined ? new Map() : await readLedger(admin, config.ledger.topic, device),
    standing(topic, partition) {
      const commit = commits.find(one => one.topic === topic && one.partition === partition)
      const next = commit?.next ?? null
      const metadata = next === null ? null : decodeMetadata(next, commit?.metadata ?? '')
      return { next, settled: metadata?.settled ?? [] }
    }
  }
}

/** The newest record of the device in each channel. */
async function readLedger(
  admin: LogAdmin,
  topic: string,
  device: string
): Promise<Map<string, LedgerRecord>> {
  const found = new Map<string, LedgerRecord>()
  const ranges = await admin.ranges(topic).catch(error => {
    if (error instanceof FaultError && error.code === 'topic_missing') return []
    throw error
  })
  for (const { partition, start, end } of ranges)
    for await (const record of admin.read({ topic, partition, from: start, to: end })) {
      if (!record.key?.toString().endsWith(`/${device}`)) continue
      const ledger = decodeLedger(record)
      if (ledger?.device === device) found.set(ledger.topic, ledger)
    }
  return found
}
