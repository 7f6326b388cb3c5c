// The numbers of one partition, as its records tell them: the last of each device, and those whose messages may be read
// again. The newest record of a device stays, and tells its last number; an older one is removed once nobody can read its
// message again. So the partition holds a record for each device and for each message that is owed.

import type { LogRecord } from '../../../connectors/kafka/log/log.ts'
import { decodeSequence, type NumberFacts } from './sequence-record.ts'

/** A message that has its number. */
export interface Numbered {
  /** Of its record. */
  readonly key: string
  readonly topic: string
  readonly place: string
  readonly device: string
  readonly timeMs: number
  readonly number: number
  /** As it is sent; null once it has ended. */
  value: Buffer | null
}

export interface NumbersPort {
  /** Can nobody read the message of the number again? */
  isOver(numbered: Numbered): boolean
  /** Has its message ended before, as the commit says? Its bytes are not needed then, as long as the commit says so. */
  isSettled(numbered: Numbered): boolean
  /** Throws a FaultError for a claim that should not be there. */
  claimed(claim: { readonly owner: string; readonly group: string }): void
}

export class Numbers {
  /** The newest of each device. */
  readonly #devices = new Map<string, Numbered>()
  /** Those whose message may be read again. */
  readonly #places = new Map<string, Numbered>()
  /** Keys of records that are needed no more. */
  readonly #garbage = new Set<string>()
  readonly #port: NumbersPort
  #claim: string | null = null
  /** Of all that were given here; null while none is known of. */
  highest: number | null = null

  constructor(port: NumbersPort) {
    this.#port = port
  }

  /** Devices whose last number is known. */
  get devices(): number {
    return this.#devices.size
  }

  /** Takes in a record that was read. Returns the owner that a claim names which counts. Throws a FaultError `sequence_unreadable`. */
  take(record: LogRecord): string | null {
    const { key: bytes, value, offset } = record
    if (bytes === null) return null
    const key = bytes.toString()
    if (value === null) {
      this.#garbage.delete(key)
      return null
    }
    const facts = decodeSequence(record)
    if (facts === null) return null
    if (facts.kind === 'claim') this.#port.claimed(facts)
    if (facts.at !== offset) this.#garbage.add(key)
    else if (facts.kind === 'number') this.#read(key, facts, value)
    else {
      if (this.#claim !== null) this.#garbage.add(this.#claim)
      this.#claim = key
      return facts.owner
    }
    return null
  }

  /** The newest of its device. */
  add(numbered: Numbered): void {
    this.#succeed(numbered)
    const twin = this.#places.get(numbered.place)
    if (twin !== undefined) this.#leave(twin) // somebody has set the commit back, or made the topic anew
    this.#places.set(numbered.place, numbered)
  }

  /** The number of the message there; undefined where it has none. */
  at(place: string): Numbered | undefined {
    return this.#places.get(place)
  }

  /** The newest of the device; undefined where it has none. */
  newestOf(device: string): Numbered | undefined {
    return this.#devices.get(device)
  }

  /** The message there has ended: its bytes are needed no more, its number until nobody can read it again. */
  ended(place: string): void {
    const numbered = this.#places.get(place)
    if (numbered !== undefined) numbered.value = null
  }

  /** Forgets those whose messages nobody can read again. */
  sweep(): void {
    for (const numbered of this.#places.values()) if (this.#port.isOver(numbered)) this.#leave(numbered)
  }

  /** Takes out keys of records that are needed no more. */
  takeGarbage(most: number): string[] {
    const keys = [...this.#garbage].slice(0, most)
    for (const key of keys) this.#garbage.delete(key)
    return keys
  }

  #read(key: string, { topic, place, device, timeMs, number }: NumberFacts, value: Buffer): void {
    const numbered: Numbered = { key, topic, place, device, timeMs, number, value: null }
    if (this.#port.isOver(numbered)) {
      this.#succeed(numbered)
      return
    }
    if (!this.#port.isSettled(numbered)) numbered.value = Buffer.from(value)
    this.add(numbered)
  }

  /** It tells the last number of its device from now on. */
  #succeed(numbered: Numbered): void {
    const before = this.#devices.get(numbered.device)
    this.highest = Math.max(this.highest ?? 0, numbered.number)
    this.#devices.set(numbered.device, numbered)
    if (before !== undefined && this.#places.get(before.place) !== before) this.#garbage.add(before.key)
  }

  #leave(numbered: Numbered): void {
    numbered.value = null
    this.#places.delete(numbered.place)
    if (this.#devices.get(numbered.device) !== numbered) this.#garbage.add(numbered.key)
  }
}
