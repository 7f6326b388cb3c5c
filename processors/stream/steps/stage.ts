// Where messages meet the steps of their stream: after they were read and before they are owed to the target. What the
// steps drop ends here; what they reject is set aside; a device that lacks a required attribute waits, its messages as
// they came, and they meet the steps when they are released.

import type { Failure } from '../../../connectors/connector.ts'
import { type RecordView, withValue } from '../../../connectors/kafka/log/message.ts'
import type { RecordChunk } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Pipeline, Raw, Shaped } from '../../steps/pipeline.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import { Pending } from '../dispatch/lane.ts'
import type { DeviceMemory } from './partition-memory.ts'

/** A message that a step rejects. */
export interface Refused {
  readonly kind: 'refused'
  readonly message: Pending
  readonly failure: Failure
}

export type Taken = Pending | Refused | 'filtered' | 'expired' | 'already_settled'

/** What became of a message that was released, and what was remembered of its device before; null where nothing was. */
export interface Released {
  readonly shaped: Shaped
  readonly before: DeviceMemory | null
}

export interface StageOptions {
  readonly pipeline: Pipeline
  /** Devices may wait in the held topic. */
  readonly holdsDevices: boolean
  /** Somebody asks when devices were heard. */
  readonly hears: boolean
  /** Devices of a partition of which something is remembered, at most. */
  maxDevices(): number
}

export class Stage {
  readonly pipeline: Pipeline
  readonly #context: StreamContext
  readonly #maxDevices: () => number
  readonly #holdsDevices: boolean
  readonly #hears: boolean
  readonly #lacks = new Map<string, Failure>()
  readonly #sparse = new Sparseness()

  constructor(context: StreamContext, { pipeline, holdsDevices, hears, maxDevices }: StageOptions) {
    this.#holdsDevices = holdsDevices
    this.#hears = hears
    this.#context = context
    this.pipeline = pipeline
    this.#maxDevices = maxDevices
  }

  /** Takes the record on which the cursor stands. */
  take(partition: Partition, chunk: RecordChunk): Taken {
    if (this.#hears) this.#hear(partition, chunk)
    const lane = partition.lanes.find(chunk)
    if (lane?.device?.has(chunk.offset)) {
      this.#absorb(partition, chunk)
      return 'already_settled'
    }
    const lack = lane?.lack ?? null
    if (lack !== null) return this.#raw(partition, chunk, lack)
    const shaped = this.#shape(partition, chunk)
    this.#sparse.note(typeof shaped !== 'string' || shaped === 'same')
    if (shaped === 'filtered' || shaped === 'expired') return shaped
    if (shaped === 'same' && !this.#sparse.isSparse) return pendingOf(partition, chunk)
    if (shaped === 'same') return pendingOf(partition, withValue(chunk, valueIn(chunk)))
    if (shaped.kind === 'lacking') return this.#lacking(partition, chunk, this.lackOf(shaped.attribute))
    if (shaped.kind === 'changed') return pendingOf(partition, withValue(chunk, Buffer.from(shaped.text)))
    return this.#refused(partition, chunk, failureOf(shaped.detail))
  }

  /** Lets the steps see a record that is settled, so that they know of it. */
  absorb(partition: Partition, chunk: RecordChunk): void {
    if (this.#hears) this.#hear(partition, chunk)
    this.#absorb(partition, chunk)
  }

  #absorb(partition: Partition, chunk: RecordChunk): void {
    const { memory } = partition
    if (memory === null || chunk.valueEnd <= chunk.valueStart) return
    const device = partition.lanes.find(chunk)?.device
    // What waits as it came is seen when it is released.
    if (device && chunk.offset >= device.rawFrom && chunk.offset > device.readOrigin) return
    const known = memory.of(new RawRecord(chunk).device, this.#maxDevices())
    if (chunk.offset > known.offset) this.#shape(partition, chunk)
  }

  /**
   * What becomes of a message of the held topic that has waited as it came. `before` is what was remembered before, should
   * it have to wait on. What was resent says nothing of its place among the others.
   */
  release(partition: Partition, view: RecordView, isResent: boolean): Released {
    const before = isResent ? null : (partition.memory?.before(new RawRecord(view).device) ?? null)
    return { shaped: this.#shape(partition, view, isResent), before }
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

  /** What has been seen before changes nothing that is remembered, and is not dropped by it. */
  #shape(partition: Partition, view: RecordView, isRepeat = false): Shaped {
    if (this.pipeline.isEmpty) return 'same' // only heard, and never decoded
    const { memory } = partition
    const raw = new RawRecord(view)
    const nowMs = this.#context.clock.now()
    if (memory === null || !this.pipeline.remembers)
      return this.pipeline.shape(raw, { nowMs, memories: null })
    const known = memory.of(raw.device, this.#maxDevices())
    const wasSeen = isRepeat || view.offset <= known.offset
    const memories = wasSeen ? [...known.memories] : known.memories
    const shaped = this.pipeline.shape(raw, { nowMs, memories, isRepeat: wasSeen })
    const isLacking = typeof shaped === 'object' && shaped.kind === 'lacking'
    if (!wasSeen && !isLacking) memory.seen(known, view)
    return shaped
  }

  #hear({ memory }: Partition, chunk: RecordChunk): void {
    if (memory === null || chunk.keyEnd <= chunk.keyStart || chunk.valueEnd <= chunk.valueStart) return
    memory.heard(memory.of(new RawRecord(chunk).device, this.#maxDevices()), chunk.timestampMs)
  }

  /** The device waits; where none may, its message is set aside. */
  #lacking(partition: Partition, chunk: RecordChunk, lack: Failure): Pending | Refused {
    const isKeyless = chunk.keyEnd < chunk.keyStart
    if (!this.#holdsDevices || isKeyless) return this.#refused(partition, chunk, lack)
    return this.#raw(partition, chunk, lack)
  }

  #refused(partition: Partition, chunk: RecordChunk, failure: Failure): Refused {
    const message = new Pending(partition.lanes.of(chunk), chunk)
    message.isRaw = true
    return { kind: 'refused', message, failure }
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

/** Made of the view, so that nothing of what was fetched is kept. */
function pendingOf(partition: Partition, view: RecordView): Pending {
  return new Pending(partition.lanes.of(view), view)
}

export function failureOf(detail: string): Failure {
  return { kind: 'reject', code: 'step_failed', detail }
}

function valueIn({ bytes, valueStart, valueEnd }: RecordView): Buffer {
  return bytes.subarray(valueStart, valueEnd)
}

/** Whether so little passes that each message had better not keep the fetch that it came in. Invariant 5 */
class Sparseness {
  isSparse = false
  #seen = 0
  #passed = 0

  note(passes: boolean): void {
    this.#seen++
    if (passes) this.#passed++
    if (this.#seen < 1_000) return
    this.isSparse = this.#passed < this.#seen / 4
    this.#seen = 0
    this.#passed = 0
  }
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
