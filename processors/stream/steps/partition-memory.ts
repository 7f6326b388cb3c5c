// What the steps of a stream remember of the devices of one partition, during one assignment. Each device's part is as old
// as its last message that the steps have seen, so that none is applied twice. Of too many devices those that were
// silent longest are forgotten. Invariant 5

import type { RecordView } from '../../../connectors/kafka/log/message.ts'
import type { Memories } from '../../steps/pipeline.ts'

/** When a device was heard is written only so often, where nothing else of it has changed. */
const keepHeardMs = 60_000

/** What is remembered of one device. */
export interface DeviceMemory {
  /** The Kafka key, as text. */
  readonly device: string
  /** The offset of the last message that the steps have seen; -1 while there was none. */
  offset: number
  /** When Kafka got the newest message of it, in Unix ms; 0 where that is not known. */
  heardMs: number
  readonly memories: Memories
}

/** What is to be written once everything before `to` is settled. */
export interface Cut {
  readonly to: number
  readonly devices: readonly DeviceMemory[]
}

export class PartitionMemory {
  /** What is written holds up to here: from here on messages have to be seen again after a restart. */
  from: number
  /** What is about to be written, if anything is. */
  cut: Cut | null = null
  isWriting = false
  /** Since when it is noted which devices are heard, in Unix ms. */
  hearsSinceMs = 0
  /** Devices that were forgotten because there were too many. */
  forgotten = 0
  /** The device seen least recently first. */
  readonly #devices = new Map<string, DeviceMemory>()
  readonly #changed = new Set<DeviceMemory>()
  /** When it was heard, as it is written or about to be. */
  readonly #keptMs = new WeakMap<DeviceMemory, number>()
  readonly #steps: number

  /** `steps` is how many there are. */
  constructor(from: number, steps: number) {
    this.from = from
    this.#steps = steps
  }

  /** What is remembered of the device, which is about to be seen; one more may be forgotten for it above `most`. */
  of(device: string, most: number): DeviceMemory {
    const known = this.#devices.get(device)
    const memory = known ?? this.#blank(device)
    if (known !== undefined) this.#devices.delete(device)
    else if (this.#devices.size >= most) this.#forgetOne()
    this.#devices.set(device, memory)
    return memory
  }

  /** The steps have seen the message. */
  seen(memory: DeviceMemory, { offset, timestampMs }: Pick<RecordView, 'offset' | 'timestampMs'>): void {
    memory.offset = offset
    memory.heardMs = Math.max(memory.heardMs, timestampMs)
    this.#changed.add(memory)
  }

  /** A message has come, whatever becomes of it. */
  heard(memory: DeviceMemory, timestampMs: number): void {
    const keptMs = this.#keptMs.get(memory) ?? 0
    memory.heardMs = Math.max(memory.heardMs, timestampMs)
    if (memory.heardMs < keptMs + keepHeardMs) return
    this.#keptMs.set(memory, memory.heardMs)
    this.#changed.add(memory)
  }

  /** All that is remembered; nothing of it may be changed. */
  get devices(): Iterable<Readonly<DeviceMemory>> {
    return this.#devices.values()
  }

  /** What is remembered of the device now; null where nothing is. */
  copyOf(device: string): DeviceMemory | null {
    const memory = this.#devices.get(device)
    return memory === undefined ? null : copied(memory)
  }

  /** The same, to be taken back: of a device that is not known, that nothing is. */
  before(device: string): DeviceMemory {
    return this.copyOf(device) ?? this.#blank(device)
  }

  /** As if nothing had been seen since. */
  takeBack(before: DeviceMemory): void {
    const memory = this.#devices.get(before.device)
    if (memory === undefined) return
    memory.offset = before.offset
    memory.memories.splice(0, before.memories.length, ...before.memories)
    this.#changed.add(memory)
  }

  /** What was written before; of more than `most` devices those that were written first are forgotten. */
  restore(memory: DeviceMemory, most: number): void {
    if ((this.#devices.get(memory.device)?.offset ?? -1) > memory.offset) return
    this.#devices.delete(memory.device)
    this.#devices.set(memory.device, memory)
    this.#keptMs.set(memory, memory.heardMs)
    if (this.#devices.size > most) this.#forgetOne()
  }

  /** Takes a copy of all that has changed, to be written once everything before `to` is settled; maybe nothing has. */
  takeCut(to: number): void {
    if (this.cut !== null || to <= this.from) return
    const devices = [...this.#changed].map(copied)
    this.#changed.clear()
    this.cut = { to, devices }
  }

  /** The cut is written. */
  written({ to }: Cut): void {
    this.from = to
    this.cut = null
  }

  #blank(device: string): DeviceMemory {
    return { device, offset: -1, heardMs: 0, memories: Array(this.#steps).fill(null) }
  }

  #forgetOne(): void {
    const [oldest] = this.#devices.values()
    if (oldest === undefined) return
    this.forgotten++
    this.#devices.delete(oldest.device)
    this.#changed.delete(oldest)
  }
}

function copied(memory: DeviceMemory): DeviceMemory {
  return { ...memory, memories: [...memory.memories] }
}
