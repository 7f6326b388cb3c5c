// A message on its way from the held topic to the target: the same as it was in its channel, with the same id, offset
// and time, but settled in the held topic, since its channel owes nothing on it any more.

import { encodeHeaders } from '../../../../connectors/kafka/log/headers.ts'
import type { RecordView } from '../../../../connectors/kafka/log/message.ts'
import { ownBytes } from '../../../../connectors/kafka/log/own-bytes.ts'
import type { LogRecord } from '../../../../connectors/kafka/log/record-chunk.ts'
import { type Lane, Pending } from '../../dispatch/lane.ts'
import type { DeviceMemory } from '../../steps/partition-memory.ts'
import { type HeldMessage, headersBehind } from '../held-record.ts'
import type { WaitingDevice } from '../waiting-device.ts'

/** What a message comes from. */
export interface ReleaseOf {
  readonly device: WaitingDevice
  readonly held: HeldMessage
  /** Where it stands in the held topic. */
  readonly heldOffset: number
  readonly view: RecordView
  /** Told once when the message has ended. */
  ended(message: ReleasedMessage): void
}

export class ReleasedMessage extends Pending {
  readonly device: WaitingDevice
  readonly heldOffset: number
  readonly heldMs: number
  /** How often it was resent from the dead letters. */
  readonly resent: number
  readonly isResent: boolean
  hasEnded = false
  /** What steps remembered of its device before they saw it; null where nothing was. */
  before: DeviceMemory | null = null
  readonly #ended: (message: ReleasedMessage) => void

  constructor(lane: Lane, { device, held, heldOffset, view, ended }: ReleaseOf) {
    super(lane, view)
    this.device = device
    this.#ended = ended
    this.heldOffset = heldOffset
    this.heldMs = held.heldMs
    this.resent = held.resent
    this.isResent = held.owner === null
  }

  /** What a dead letter was is read again only here; all else may be in its channel, too. */
  override get place(): string {
    return this.isResent ? `h${this.heldOffset}` : super.place
  }

  override carry(value: Buffer, sequence: number): number {
    const more = super.carry(value, sequence)
    this.device.offeredBytes += more
    return more
  }

  /** Its channel owes nothing on it. */
  override leave(): void {}

  override left(): boolean {
    return false
  }

  override settle(): boolean {
    if (this.hasEnded) return false
    this.#ended(this)
    return true
  }

  /** It has bytes of its own already. */
  override detached(): Pending {
    return this
  }
}

/** In bytes of its own: a device may wait again, and shall not keep a whole fetch. */
export function viewOf(record: LogRecord, { offset, timestampMs }: HeldMessage): RecordView {
  const { key, value } = record
  const headers = headersBehind(record.headers)
  const list = headers.length === 0 ? Buffer.alloc(0) : encodeHeaders(headers)
  const bytes = ownBytes([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0), list])
  const keyEnd = key === null ? -1 : key.length
  const valueStart = Math.max(0, keyEnd)
  const valueEnd = bytes.length - list.length
  return {
    ...{ offset, timestampMs, bytes, keyStart: 0, keyEnd, valueStart, valueEnd },
    ...{ headersStart: valueEnd, headersEnd: bytes.length }
  }
}
