// Who waits, as the held partition says: its records, applied one after the other from the commit on. The owner of the
// partition, a new owner, and a command that only looks all see the same, because all read the same.
//
// What another than the owner wrote behind the owner's record does not count: it is of a process that was thought dead
// and had a write under way. Its messages are still owed in their channel, since its commits are refused, too.

import type { LogRecord } from '../../../connectors/kafka/log/record-chunk.ts'
import type { Lane } from '../dispatch/lane.ts'
import { decodeHeld, type HeldMessage, type HeldRecord, type Released } from './held-record.ts'
import { deviceId, WaitingDevice } from './waiting-device.ts'

/** Devices that may wait in one partition; further ones wait in their lanes. Invariant 5 */
const maxDevices = 10_000

export interface WaitingSetPort {
  /** A message waits that was not known to. `device` may be new. */
  held(device: WaitingDevice, message: HeldMessage): void
  /** A marker was read: maybe nothing of the device waits any more. */
  released(device: WaitingDevice, marker: Released): void
  /** A person wants the device to be tried. */
  wanted(device: WaitingDevice): void
  /** The partition has a new owner. */
  owned(owner: string): void
}

export class WaitingSet {
  readonly devices = new Map<string, WaitingDevice>()
  /** One past the last record applied. */
  next: number
  /** The owner at the commit, and those since, by the offset of their record. */
  readonly #owners: { readonly from: number; readonly owner: string | null }[]
  readonly #port: WaitingSetPort

  /** `owner` is who owned the partition at `next`; null where that is not known. */
  constructor(next: number, owner: string | null, port: WaitingSetPort) {
    this.next = next
    this.#owners = [{ from: next, owner }]
    this.#port = port
  }

  /** Who owns the partition now. */
  get owner(): string | null {
    return this.#owners.at(-1)?.owner ?? null
  }

  get messages(): number {
    let messages = 0
    for (const { count } of this.devices.values()) messages += count
    return messages
  }

  /** Below it nothing is needed any more. */
  get base(): number {
    let base = this.next
    for (const device of this.devices.values()) base = Math.min(base, device.base)
    return base
  }

  /** Who owned the partition at `offset`. */
  ownerAt(offset: number): string | null {
    return this.#owners.findLast(({ from }) => from <= offset)?.owner ?? null
  }

  apply(record: LogRecord): void {
    this.next = record.offset + 1
    const held = decodeHeld(record.headers)
    if (held === null) return
    if (held.kind === 'owner') {
      this.#owners.push({ from: record.offset, owner: held.owner })
      this.#port.owned(held.owner)
    } else if (held.kind === 'message') this.#hold(record, held)
    else if (held.kind === 'released') this.#release(record, held)
    else this.#command(record, held)
  }

  /** The message that a record holds; null where it holds none, or one that does not count. */
  messageOf(record: LogRecord): HeldMessage | null {
    const held = decodeHeld(record.headers)
    return held?.kind === 'message' && this.#counts(record.offset, held.owner) ? held : null
  }

  /** May one more device wait, that of the lane? */
  hasRoomFor({ device, oldest }: Lane): boolean {
    if (device !== null) return true // it does already
    const isOfDevice = oldest !== null && oldest.keyEnd >= oldest.keyStart // without a key there is none
    return isOfDevice && this.devices.size < maxDevices
  }

  /** A device is about to wait, and its messages will come. */
  add(device: WaitingDevice): void {
    this.devices.set(device.id, device)
  }

  /** Nothing of the device waits any more. A device stays until then, so that a repeat of what was released is known. */
  remove(device: WaitingDevice): void {
    this.devices.delete(device.id)
  }

  #counts(offset: number, owner: string | null): boolean {
    const rightful = this.ownerAt(offset)
    return owner === null || rightful === null || owner === rightful
  }

  #hold(record: LogRecord, message: HeldMessage): void {
    if (!this.#counts(record.offset, message.owner)) return
    const id = deviceId(message.topic, record.key)
    const device = this.devices.get(id) ?? this.#create(record, message)
    if (message.owner !== null && device.has(message.offset)) return // a repeat
    device.held(record.offset, message)
    this.#port.held(device, message)
  }

  #create({ key }: LogRecord, { topic, heldMs: sinceMs, code, answer }: HeldMessage): WaitingDevice {
    const device = new WaitingDevice(topic, key ?? Buffer.alloc(0), { sinceMs, why: { code, answer } })
    this.add(device)
    return device
  }

  #release(record: LogRecord, marker: Released): void {
    if (!this.#counts(record.offset, marker.owner)) return
    const device = this.devices.get(deviceId(marker.topic, record.key))
    if (device === undefined) return
    device.released(marker)
    this.#port.released(device, marker)
  }

  #command(record: LogRecord, { kind, topic }: HeldRecord & { kind: 'release' | 'discard' }): void {
    const device = this.devices.get(deviceId(topic, record.key))
    if (device === undefined) return
    if (kind === 'discard') device.discardBelow = record.offset
    this.#port.wanted(device)
  }
}
