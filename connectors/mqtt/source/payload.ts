// Takes the payload of one PUBLISH apart: one JSON object, or an array of them. What is no message is told with its reason
// and its bytes, to be set aside; the others of its array go on.

import { setImmediate } from 'node:timers/promises'
import type { ErrorCode } from '../../../schemas/errors.ts'
import type { Broken, Incoming } from '../../connector.ts'
import { type EntryCursor, jsonEntries } from '../../shared/json/entries.ts'
import { BrokenEntries, type BrokenEntry } from './broken-entries.ts'
import { type EntryRules, readEntry } from './entry.ts'
import { fieldsOf, type TopicPattern } from './topics.ts'

export interface PayloadRules {
  readonly patterns: readonly TopicPattern[]
  readonly identField: string | undefined
  readonly maxMessages: number
  readonly maxMessageBytes: number
}

export interface Payload {
  readonly topic: string
  readonly payload: Buffer
  /** Bytes of the whole packet, where it was too large and only its beginning was taken. */
  readonly cutFrom: number | null
  /** What is wrong with the packet itself. */
  readonly problem: string | null
}

export interface PayloadRead {
  readonly messages: readonly Incoming[]
  readonly broken: readonly Broken[]
  /** What it took, counted as `workPerTurn`. */
  readonly work: number
}

/** Others get their turn after so much work, which takes a millisecond or two. */
export const workPerTurn = 131_072
/** What an entry costs beside its bytes. */
const workPerEntry = 256
/** What a person reads of an ident, or Kafka takes as a key. */
const maxDeviceLength = 512
/** What is not UTF-8 in a topic has become this. */
const replacement = '\ufffd'

/** Null where no topic of the source is meant: the session has a subscription of earlier times. Never rejects. */
export async function readPayload(
  given: Payload,
  rules: PayloadRules,
  receivedAtMs: number
): Promise<PayloadRead | null> {
  const known = fieldsOf(given.topic, rules.patterns)
  if (known === null && given.topic !== '') return null
  const fields = known ?? []
  const reader = new PayloadReader(given, rules, { fields, identField: rules.identField, receivedAtMs })
  while (reader.readTurn()) await setImmediate()
  return reader.result()
}

class PayloadReader {
  readonly #given: Payload
  readonly #rules: PayloadRules
  readonly #entryRules: EntryRules
  readonly #entries: EntryCursor
  readonly #messages: Incoming[] = []
  readonly #broken = new BrokenEntries()
  #count = 0

  constructor(given: Payload, rules: PayloadRules, entryRules: EntryRules) {
    this.#given = given
    this.#rules = rules
    this.#entryRules = entryRules
    this.#entries = jsonEntries(given.payload)
  }

  /** Reads as much as one turn allows; false when there is no more. */
  readTurn(): boolean {
    if (this.#packetProblem() !== null) return false
    const turnEnd = this.#work + workPerTurn
    while (this.#entries.next()) {
      if (++this.#count > this.#rules.maxMessages) return false
      this.#readEntry(this.#given.payload.subarray(this.#entries.start, this.#entries.end))
      if (this.#work > turnEnd) return true
    }
    return false
  }

  get #work(): number {
    return this.#entries.end + this.#count * workPerEntry
  }

  result(): PayloadRead {
    const problem = this.#problem()
    const asBroken = (entry: BrokenEntry) => this.#asBroken(entry)
    const work = this.#work
    if (problem === null) return { messages: this.#messages, broken: this.#broken.end().map(asBroken), work }
    const [code, detail] = problem
    return { messages: [], broken: [asBroken({ bytes: this.#given.payload, code, detail })], work }
  }

  #readEntry(entry: Buffer): void {
    const { maxMessageBytes } = this.#rules
    if (entry.length > maxMessageBytes) {
      const detail = `it exceeds ${maxMessageBytes} bytes (maxMessageBytes)`
      this.#broken.add({ bytes: entry, code: 'mqtt_payload_too_large', detail })
      return
    }
    const read = readEntry(entry, this.#entryRules)
    if ('reason' in read)
      this.#broken.add({ bytes: entry, code: 'mqtt_payload_invalid', detail: read.reason })
    else this.#messages.push(read)
  }

  /** Why nothing of it counts. An array that does not end as one is no JSON. */
  #problem(): [ErrorCode, string] | null {
    const packetProblem = this.#packetProblem()
    if (packetProblem !== null) return packetProblem
    const { maxMessages } = this.#rules
    if (this.#count > maxMessages)
      return ['mqtt_payload_too_large', `it has more than ${maxMessages} entries (maxMessages)`]
    const { problem } = this.#entries
    return problem === null ? null : ['mqtt_payload_invalid', problem]
  }

  #packetProblem(): [ErrorCode, string] | null {
    const { cutFrom, problem, topic } = this.#given
    if (cutFrom !== null)
      return ['mqtt_payload_too_large', `the packet has ${cutFrom} bytes; only its beginning was taken`]
    if (topic.includes(replacement)) return ['mqtt_payload_invalid', 'its topic is not UTF-8']
    return problem === null ? null : ['mqtt_payload_invalid', problem]
  }

  #asBroken(entry: BrokenEntry): Broken {
    const ident = this.#entryRules.fields.find(([name]) => name === 'ident')?.[1] ?? ''
    const device = ident === '' ? {} : { device: ident.slice(0, maxDeviceLength) }
    return { ...entry, from: this.#given.topic, ...device }
  }
}
