// What steps remember of one device, as Kafka keeps it: one record for each device and channel, whose key is
// `<topic>/<device>`, so that compaction leaves the newest. The value is JSON, so that every Kafka tool can show it. What a
// step remembers stands under the step's id: after a change of its settings it begins anew, and the others go on.

import type { AppendRecord, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { decodeFields, encodeJson } from '../../expression/json.ts'
import type { Json } from '../../expression/values.ts'
import type { NamedStep } from '../../steps/compile.ts'
import type { DeviceMemory } from './partition-memory.ts'

interface StateRecord {
  readonly topic: string
  readonly device: string
  /** Of the last message that the steps have seen. */
  readonly offset: number
  /** When Kafka got the newest message, in Unix ms; 0 where that is not known. */
  readonly heardMs: number
  readonly steps: Readonly<Record<string, Json>>
}

/** Of which steps, and of which partition of a channel. */
export interface StatePlace {
  readonly steps: readonly NamedStep[]
  readonly topic: string
  readonly partition: number
}

export function encodeState(memory: DeviceMemory, place: StatePlace): AppendRecord {
  const { device, offset, heardMs, memories } = memory
  const remembered = place.steps.flatMap(({ id }, at): [string, Json][] => {
    const memory = memories[at] ?? null
    return memory === null ? [] : [[id, memory]]
  })
  const steps = Object.fromEntries(remembered)
  const record: StateRecord = { topic: place.topic, device, offset, heardMs, steps }
  return {
    key: Buffer.from(`${place.topic}/${device}`),
    value: Buffer.from(encodeJson(record as unknown as Json)), // plain data
    partition: place.partition
  }
}

/** Null for a record that is none of ours, or of another channel. */
export function decodeState({ value }: LogRecord, { steps, topic }: StatePlace): DeviceMemory | null {
  const fields = value === null ? undefined : decodeFields(value, 0, value.length)
  if (fields === undefined) return null
  const { device, offset, heardMs, steps: kept } = fields
  if (fields.topic !== topic || typeof device !== 'string' || typeof offset !== 'number') return null
  if (typeof kept !== 'object' || kept === null) return null
  const memories = kept as Readonly<Record<string, Json>> // of a list nothing would be found
  return {
    device,
    offset,
    heardMs: typeof heardMs === 'number' ? heardMs : 0, // earlier versions did not note it
    memories: steps.map(({ id }) => (Object.hasOwn(memories, id) ? (memories[id] ?? null) : null))
  }
}

/** Beside the devices of a channel, whose keys have a slash: since when it is noted when they are heard. */
export function encodeSince({ topic, partition }: Omit<StatePlace, 'steps'>, sinceMs: number): AppendRecord {
  const value = Buffer.from(JSON.stringify({ topic, hearsSinceMs: sinceMs }))
  return { key: Buffer.from(topic), value, partition }
}

/** Unix ms; null for any other record. */
export function sinceIn({ key, value }: LogRecord, { topic }: Pick<StatePlace, 'topic'>): number | null {
  if (value === null || key?.toString() !== topic) return null
  const sinceMs = decodeFields(value, 0, value.length)?.hearsSinceMs
  return typeof sinceMs === 'number' ? sinceMs : null
}
