// Stores what a device reports: the messages of its records, and what can be no message among the dead letters of the
// channel, so that it is kept whatever the device does about it. Nothing is answered before Kafka has all of it.
//
// A single record that can be no message is answered with the number of what is wrong with it, and when it comes again it
// is accepted: it is kept by then. A black box is always accepted as a whole: the answer is how many of its records were,
// and a device that hears of fewer than it sent sends all of them again.

import { type ErrorCode, FaultError } from '../../../schemas/errors.ts'
import type { Broken, SourceEnv } from '../../connector.ts'
import { appendFitting } from '../../shared/source/append-fitting.ts'
import type { Door } from '../../shared/tcp/listeners.ts'
import type { RecordAnswer } from '../codec/answers.ts'
import type { WialonIpsFeed } from './feed.ts'
import { type Invalid, incomingOf, type Taken } from './incoming.ts'
import type { KeptRecords } from './kept.ts'

/** Of a black box as many are in memory as messages at a time. */
export const recordsAtOnce = 500

export interface RecordsParts {
  readonly env: SourceEnv
  readonly door: Door<WialonIpsFeed>
  /** The device's address. */
  readonly from: string
  readonly kept: KeptRecords
  /** Counts and tells what is refused. */
  refused(fault: FaultError): void
}

export class Records {
  readonly #parts: RecordsParts

  constructor(parts: RecordsParts) {
    this.#parts = parts
  }

  /** Resolves with what the device is to hear; rejects with a FaultError when Kafka may not have it. */
  async storeOne(type: 'SD' | 'D', record: Buffer, ident: string): Promise<RecordAnswer> {
    const read = this.#read(record, ident)
    if (read.kind === 'taken') {
      await this.#append(type, [read], ident)
      return 'accepted'
    }
    const { door, kept, refused } = this.#parts
    const { channel } = door.feed
    refused(new FaultError('wialon_ips_record_invalid', { detail: `${ident}: ${read.problem}` }))
    if (kept.has(channel, ident, record)) return 'accepted'
    await this.#setAside(type, [read], { ident, detail: `its ${read.problem}` })
    kept.add(channel, ident, record)
    return read.problem
  }

  /** Resolves with the number of records; rejects with a FaultError when Kafka may not have all of them. */
  async storeBox(body: Buffer, ident: string): Promise<number> {
    let count = 0
    for (const records of recordsIn(body)) {
      count += records.length
      await this.#storeSome(records, ident)
    }
    return count
  }

  async #storeSome(records: readonly Buffer[], ident: string): Promise<void> {
    const taken: Taken[] = []
    const invalid: Invalid[] = []
    for (const record of records) {
      const read = this.#read(record, ident)
      if (read.kind === 'taken') taken.push(read)
      else invalid.push(read)
    }
    await this.#append('B', taken, ident)
    const [first] = invalid
    if (first === undefined) return
    const detail = `${invalid.length} of ${records.length} records, the first by its ${first.problem}`
    await this.#setAside('B', invalid, { ident, detail })
  }

  #read(record: Buffer, ident: string): Taken | Invalid {
    const { env, door } = this.#parts
    return incomingOf(record, { ident, receivedAtMs: env.clock.now(), feed: door.feed })
  }

  async #append(type: string, taken: readonly Taken[], ident: string): Promise<void> {
    const { env, door } = this.#parts
    const { feed } = door
    const appended = await appendFitting(taken, feed, (one, detail) =>
      this.#brokenOf(type, [one], { ident, detail, code: 'wialon_ips_record_too_large' })
    )
    const bytes = appended.reduce((sum, { message }) => sum + message.value.length, 0)
    if (appended.length > 0) env.meter.accepted(feed.channel, appended.length, bytes)
  }

  async #setAside(
    type: string,
    invalid: readonly Invalid[],
    about: { ident: string; detail: string }
  ): Promise<void> {
    const broken = this.#brokenOf(type, invalid, { ...about, code: 'wialon_ips_record_invalid' })
    await this.#parts.door.feed.setAside([broken])
  }

  /** As a packet without a check sum, as it came but for what is well in it. */
  #brokenOf(
    type: string,
    records: readonly { readonly record: Buffer }[],
    { ident, detail, code }: { ident: string; detail: string; code: ErrorCode }
  ): Broken {
    const parts = records.flatMap(({ record }, at) => (at === 0 ? [record] : [separator, record]))
    const bytes = Buffer.concat([Buffer.from(`#${type}#`), ...parts])
    return { bytes, device: ident, code, detail, from: this.#parts.from }
  }
}

const separator = Buffer.from('|')

/** The records of a black box, some at a time; separators too many are passed over. */
function* recordsIn(body: Buffer): Generator<Buffer[]> {
  let some: Buffer[] = []
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(separator, start)
    const end = found === -1 ? body.length : found
    if (end > start) some.push(body.subarray(start, end))
    start = end + 1
    if (some.length === recordsAtOnce) {
      yield some
      some = []
    }
  }
  if (some.length > 0) yield some
}
