// Gives the messages of one partition their numbers, during one assignment: each is written down, with the very bytes that
// are to be sent, before the first attempt to send it begins. What was written down is sent so, whoever sends it.

import type { AppendRecord } from '../../../connectors/kafka/log/log.ts'
import type { TopicPartition } from '../../../connectors/kafka/log/message.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { OpenPosition } from '../assignment/opening.ts'
import type { Partition } from '../assignment/partition.ts'
import type { StreamContext } from '../context.ts'
import type { Pending } from '../dispatch/lane.ts'
import type { Rejection } from '../dispatch/outcome/verdict.ts'
import { persist } from '../health/persist.ts'
import type { NumbersMark } from '../settlement/commit-metadata.ts'
import { checkGroup, ownerName, SoleWriter } from '../sole-writer.ts'
import { Ends } from './ends.ts'
import { checkFound } from './moved.ts'
import { type Numbered, Numbers } from './numbers.ts'
import type { SequencePartitionPort } from './port.ts'
import { encodeClaim, encodeSequence } from './sequence-record.ts'
import { deviceOf, type Entry, type Keyed, refusalOf, Waiting } from './waiting.ts'

/** So many more records are removed with each append than it adds. */
const removedBeside = 20
/** How often those are looked for whose messages nobody can read again. */
const sweepMs = 1_000

interface Draft extends Numbered {
  value: Buffer
}

export class SequencePartition {
  readonly #context: StreamContext
  readonly #partition: Partition
  readonly #port: SequencePartitionPort
  readonly #ends: Ends
  readonly #numbers: Numbers
  readonly #writer: SoleWriter
  readonly #waiting: Waiting
  readonly #closing = new AbortController()
  #keys = 0
  #isRunning = false
  #sweptMs = 0

  constructor(context: StreamContext, partition: Partition, port: SequencePartitionPort) {
    this.#context = context
    this.#partition = partition
    this.#port = port
    this.#waiting = new Waiting(port.options.field)
    this.#ends = new Ends(partition, port)
    this.#numbers = new Numbers({
      isOver: numbered => this.#ends.isOver(numbered),
      isSettled: numbered => this.#ends.isSettled(numbered),
      claimed: claim => checkGroup(this.#place, port.group, claim)
    })
    this.#writer = new SoleWriter(
      ownerName(() => context.clock.random()),
      {
        ...{ admin: port.admin, producer: port.producer, place: this.#place },
        claim: (owner, at) => encodeClaim(this.#keyOf('claim'), { owner, group: port.group, at }),
        take: record => this.#numbers.take(record),
        confirm: () => port.confirm()
      }
    )
  }

  /** Devices whose last number is known. */
  get devices(): number {
    return this.#numbers.devices
  }

  /** What commits tell of the numbers; null while none was given. */
  get mark(): NumbersMark | null {
    const { highest } = this.#numbers
    return highest === null ? null : { highest, partitions: this.#port.partitions }
  }

  /** Does the device have a number here? */
  knows(device: string): boolean {
    return this.#numbers.newestOf(device) !== undefined
  }

  /** Learns what was given before. Rejects with a FaultError; call it again then. */
  async open(position: Pick<OpenPosition, 'next' | 'numbers' | 'settled'>): Promise<void> {
    this.#ends.begin(position)
    await this.#writer.open()
    this.#numbers.sweep()
    checkFound(this.#place, {
      highest: this.#numbers.highest,
      before: position.numbers,
      ...this.#port.options
    })
  }

  /** The number that the message at that place has got, and the bytes with which it is sent; undefined where it has none. */
  numberAt(place: string, message: Keyed): { readonly value: Buffer; readonly number: number } | undefined {
    const numbered = this.#numbers.at(place)
    if (numbered === undefined || numbered.value === null) return undefined
    const isSame = numbered.timeMs === message.timestampMs && numbered.device === deviceOf(message)
    return isSame ? { number: numbered.number, value: numbered.value } : undefined
  }

  /**
   * Resolves once each of the messages has its number or cannot have one, which is told; or once the partition is
   * somebody else's.
   */
  assign(messages: readonly Pending[]): Promise<readonly Rejection[]> {
    return new Promise(resolve => {
      const refusals: Rejection[] = []
      let left = 1
      const done = (refusal: Rejection | null) => {
        if (refusal !== null) refusals.push(refusal)
        if (--left === 0) resolve(refusals)
      }
      for (const message of messages) {
        if (message.sequence !== null) continue
        left++
        this.#waiting.add(message, done)
      }
      done(null)
      void this.#run()
    })
  }

  /** Nothing more is owed on the message; what was released may not have been read in its channel yet. */
  ended({ sequence, offset, place }: Pending): void {
    const isRead = offset < (this.#partition.tracker?.next ?? 0)
    if (sequence !== null && isRead) this.#numbers.ended(place)
  }

  close(): void {
    this.#closing.abort()
    this.#waiting.clear()
  }

  get #place(): TopicPartition {
    return { topic: this.#port.options.topic, partition: this.#partition.origin.partition }
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    const { signal } = this.#closing
    const { health } = this.#port
    const name = `sequence ${this.#partition.origin.partition}`
    while (!this.#waiting.isEmpty && !signal.aborted) {
      const round = this.#waiting.first()
      await persist(this.#context, health, { name, signal, attempt: () => this.#number(round) })
    }
    this.#isRunning = false // in the same moment in which nothing waited
  }

  async #number(round: readonly Entry[]): Promise<void> {
    await this.#admit(round)
    try {
      await this.#append(round)
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'body_too_large') throw error
      for (const entry of round) await this.#appendAlone(entry) // which one it is comes out when each goes alone
    }
  }

  async #appendAlone(entry: Entry): Promise<void> {
    try {
      await this.#append([entry])
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'body_too_large') throw error
      const { place } = entry.message
      const message = this.#waiting.at(place)?.message ?? entry.message
      this.#waiting.finish(place, refusalOf('sequence_too_large', message))
    }
  }

  async #append(round: readonly Entry[]): Promise<void> {
    let drafts: readonly Draft[] = []
    await this.#writer.append(at => {
      drafts = this.#drafts(round)
      return drafts.length === 0 ? [] : [...this.#records(drafts, at), ...this.#removals(drafts.length)]
    })
    if (this.#closing.signal.aborted) return // Invariant 4
    for (const draft of drafts) {
      this.#numbers.add(draft)
      const message = this.#carry(draft.place, draft)
      if (message !== undefined) draft.value = message.value() // the same bytes, which are counted with the message
    }
    this.#context.reached('sequence_written')
  }

  /** The numbers of those that have none yet, by all that the partition says. */
  #drafts(round: readonly Entry[]): Draft[] {
    const drafts: Draft[] = []
    const last = new Map<string, number>()
    for (const asked of round) {
      const { place } = asked.message
      const entry = this.#waiting.at(place)
      if (entry === undefined) continue // it has its number, or can have none
      const { device, form, message } = entry
      const known = this.numberAt(place, message)
      if (known !== undefined) {
        this.#carry(place, known) // by an append that got no answer
        continue
      }
      const before = last.get(device) ?? this.#numbers.newestOf(device)?.number
      const number = before === undefined ? this.#port.options.startAt : before + 1
      last.set(device, number)
      const { timestampMs: timeMs } = message
      const { topic } = this.#partition.origin
      drafts.push({ key: this.#keyOf(place), topic, place, device, timeMs, number, value: form(number) })
    }
    return drafts
  }

  #records(drafts: readonly Draft[], at: number): AppendRecord[] {
    return drafts.map(({ key, value, ...facts }, index) =>
      encodeSequence({ key, value, facts: { kind: 'number', at: at + index, ...facts } })
    )
  }

  /** Tombstones for what is needed no more. Where one gets lost, a record stays until somebody opens the partition anew. */
  #removals(drafts: number): AppendRecord[] {
    const nowMs = this.#context.clock.now()
    if (nowMs - this.#sweptMs >= sweepMs) {
      this.#sweptMs = nowMs
      this.#numbers.sweep()
    }
    return this.#numbers
      .takeGarbage(drafts + removedBeside)
      .map(key => ({ key: Buffer.from(key), value: null }))
  }

  /** To whoever asked for it last: a batch that was given up may have left another copy of the message. */
  #carry(place: string, { value, number }: Pick<Draft, 'value' | 'number'>): Pending | undefined {
    const message = this.#waiting.at(place)?.message
    if (message !== undefined) this.#partition.carry(message, value, number)
    this.#waiting.finish(place, null)
    return message
  }

  #admit(round: readonly Entry[]): Promise<void> {
    const unknown = round.filter(({ device }) => this.#numbers.newestOf(device) === undefined)
    const devices = new Set(unknown.map(({ device }) => device))
    return devices.size === 0 ? Promise.resolve() : this.#port.admit(devices)
  }

  /** Never the same twice. */
  #keyOf(place: string): string {
    return `${this.#partition.origin.topic}/${place}@${this.#writer.owner}.${++this.#keys}`
  }
}
