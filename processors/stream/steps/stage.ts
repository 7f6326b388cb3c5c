// Where messages meet the steps of their stream: after they were read and before they are owed to the target. What the
// steps drop ends here; what they reject is set aside; a device that lacks a required attribute waits, its messages as
// they came, and they meet the steps when they are released.

import type { Failure } from '../../../connectors/connector.ts'
import { type RecordView, withValue } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Memories, Pipeline, Raw, Shaped } from '../../steps/pipeline.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { Pending } from '../dispatch/lane.ts'

/** A message that a step rejects. */
export interface Refused {
  readonly kind: 'refused'
  readonly message: Pending
  readonly failure: Failure
}

export type Taken = Pending | Refused | 'filtered' | 'expired' | 'already_settled'

export interface StageOptions {
  readonly pipeline: Pipeline
  /** Devices of a partition of which something is remembered, at most. */
  maxDevices(): number
}

export class Stage {
  readonly pipeline: Pipeline
  readonly #context: StreamContext
  readonly #maxDevices: () => number
  readonly #lacks = new Map<string, Failure>()

  constructor(context: StreamContext, { pipeline, maxDevices }: StageOptions) {
    this.#context = context
    this.pipeline = pipeline
    this.#maxDevices = maxDevices
  }

  /** Takes the record on which the cursor stands. */
  take(partition: Partition, chunk: RecordChunk): Taken {
    const lane = partition.lanes.find(chunk)
    if (lane?.device?.has(chunk.offset)) {
      this.absorb(partition, chunk)
      return 'already_settled'
    }
    const lack = lane?.lack ?? null
    if (lack !== null) return this.#raw(partition, chunk, lack)
    const shaped = this.#shape(partition, chunk)
    if (shaped === 'filtered' || shaped === 'expired') return shaped
    if (shaped === 'same') return new Pending(partition.lanes.of(chunk), chunk)
    if (shaped.kind === 'lacking') return this.#raw(partition, chunk, this.lackOf(shaped.attribute))
    if (shaped.kind === 'changed')
      return new Pending(partition.lanes.of(chunk), withValue(chunk, Buffer.from(shaped.text)))
    const message = new Pending(partition.lanes.of(chunk), chunk)
    message.isRaw = true
    return { kind: 'refused', message, failure: failureOf(shaped.detail) }
  }

  /** Lets the steps see a record that is settled, so that they know of it. */
  absorb(partition: Partition, chunk: RecordChunk): void {
    if (partition.memory === null || chunk.valueEnd <= chunk.valueStart) return
    // What waits as it came is seen when it is released.
    if ((partition.lanes.find(chunk)?.device?.rawFrom ?? Number.POSITIVE_INFINITY) <= chunk.offset) return
    this.#shape(partition, chunk)
  }

  /** What becomes of a message of the held topic that has waited as it came. */
  release(partition: Partition, view: RecordView): Shaped {
    const { memory } = partition
    const raw = new RawRecord(view)
    if (memory === null) return this.pipeline.shape(raw, this.#circumstances(null))
    const known = memory.of(raw.device, this.#maxDevices())
    const isRepeat = view.offset <= known.offset
    const memories = [...known.memories]
    const shaped = this.pipeline.shape(raw, { ...this.#circumstances(memories), isRepeat })
    if (isRepeat || (typeof shaped === 'object' && shaped.kind === 'lacking')) return shaped
    known.memories.splice(0, memories.length, ...memories)
    memory.seen(known, view.offset)
    return shaped
  }

  lackOf(attribute: string): Failure {
    const known = this.#lacks.get(attribute)
    if (known !== undefined) return known
    const failure: Failure = {
      kind: 'reject',
      scope: 'device',
      code: 'attribute_missing',
      detail: `the device has no "${attribute}"`
    }
    this.#lacks.set(attribute, failure)
    return failure
  }

  #shape(partition: Partition, chunk: RecordChunk): Shaped {
    const { memory } = partition
    const raw = new RawRecord(chunk)
    if (memory === null) return this.pipeline.shape(raw, this.#circumstances(null))
    const known = memory.of(raw.device, this.#maxDevices())
    if (chunk.offset <= known.offset) return 'filtered' // it is settled, and was seen before a restart
    const shaped = this.pipeline.shape(raw, this.#circumstances(known.memories))
    if (typeof shaped !== 'object' || shaped.kind !== 'lacking') memory.seen(known, chunk.offset)
    return shaped
  }

  #circumstances(memories: Memories | null) {
    return { nowMs: this.#context.clock.now(), memories }
  }

  #raw(partition: Partition, chunk: RecordChunk, lack: Failure): Pending {
    const lane = partition.lanes.of(chunk)
    lane.lack = lack
    const message = new Pending(lane, chunk)
    message.isRaw = true
    message.lack = lack
    return message
  }
}

export function failureOf(detail: string): Failure {
  return { kind: 'reject', code: 'step_failed', detail }
}

/** A record as the steps see it. Its key becomes a text only where somebody asks for it. */
class RawRecord implements Raw {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly timestampMs: number
  readonly #keyStart: number
  readonly #keyEnd: number

  constructor({ bytes, keyStart, keyEnd, valueStart, valueEnd, timestampMs }: RecordView) {
    this.bytes = bytes
    this.start = valueStart
    this.end = valueEnd
    this.timestampMs = timestampMs
    this.#keyStart = keyStart
    this.#keyEnd = keyEnd
  }

  get device(): string {
    return this.#keyEnd < this.#keyStart ? '' : this.bytes.toString('utf8', this.#keyStart, this.#keyEnd)
  }
}
