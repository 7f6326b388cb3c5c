// One channel's way in: checks a request, reads its messages, and appends them. The order of the checks is the order
// of the answers in README.md: nothing of a body is read before the sender has proved who it is and there is room.

import type { Writable } from 'node:stream'
import { FaultError } from '../../../schemas/errors.ts'
import type { Feed, Incoming, SourceEnv } from '../../connector.ts'
import type { BudgetShare } from '../../shared/byte-budget.ts'
import { PartlyStored } from './answer.ts'
import { Body } from './body/body.ts'
import type { Deadlines } from './body/deadlines.ts'
import { type BodyKind, bodyKind } from './body/kind.ts'
import { LinePieces, mostPieceBytes } from './body/lines.ts'
import { BadEntries, entryTooLarge, type MessageLimits, readMessages } from './body/messages.ts'
import { type BodyLimits, chunkBytes, mostBytes, type Request } from './body/request.ts'
import type { HttpSourceConfig } from './config.ts'
import { formats } from './formats/formats.ts'
import { readParameters } from './formats/osmand.ts'
import type { Paces } from './senders/pace.ts'
import { anybody, bearerOf, isOfWebPage, type Sender, Senders } from './senders/senders.ts'
import type { Timings } from './timings.ts'

/** A request for a channel. */
export interface Arrival {
  readonly request: Request
  /** Closes with its connection, or when it has been sent. */
  readonly answer: Writable
  /** What stands behind the `?` of its URL. */
  readonly query: string
  /** Called before anything of its body is read. */
  allowBody(): void
}

export interface IntakeParts {
  readonly env: SourceEnv
  readonly paces: Paces
  readonly deadlines: Deadlines
  readonly timings: Timings
}

/** A request that was let in, on its way to Kafka. */
interface Admitted {
  readonly arrival: Arrival
  readonly sender: Sender
  readonly share: BudgetShare
  readonly receivedAtMs: number
}

/** The parameter in which senders that can set no header give their token. */
const tokenParameter = 'token'

/** Waits for room as long as its sender is there. Rejects with `overloaded` or `request_aborted`. */
async function reserveFor({ arrival, share }: Admitted, bytes: number): Promise<void> {
  if (share.reserveNow(bytes)) return
  const { answer } = arrival
  const leave = () => share.leave()
  if (answer.destroyed) throw new FaultError('request_aborted')
  answer.once('close', leave)
  try {
    await share.reserve(bytes)
  } finally {
    answer.off('close', leave)
  }
}

export class Intake {
  readonly #feed: Feed<HttpSourceConfig>
  readonly #parts: IntakeParts
  readonly #senders: Senders
  readonly #limits: BodyLimits
  readonly #streamLimits: BodyLimits

  /** Throws `config_invalid`. */
  constructor(feed: Feed<HttpSourceConfig>, parts: IntakeParts) {
    this.#feed = feed
    this.#parts = parts
    const { env, paces } = parts
    const path = `channels.${feed.channel}.sources.http`
    this.#senders = new Senders(feed.config, path, { clock: env.clock, paces })
    const { maxBodyBytes, maxInflatedBytes, maxStreamedBytes } = feed.config
    // What never fits is refused for good, or its sender would repeat it for ever.
    this.#limits = { maxBodyBytes, maxInflatedBytes: Math.min(maxInflatedBytes, env.budget.largestBytes) }
    this.#streamLimits = {
      maxBodyBytes: maxStreamedBytes,
      maxInflatedBytes: maxStreamedBytes,
      setting: 'maxStreamedBytes'
    }
  }

  /** Whether a message may come as parameters of the URL, by GET as well. */
  get takesParameters(): boolean {
    return this.#feed.config.format === 'osmand'
  }

  /** The number of messages accepted, once Kafka has them. Rejects with a FaultError or PartlyStored. */
  async receive(arrival: Arrival): Promise<number> {
    const { headers } = arrival.request
    const identified = this.#senders.identify(bearerOf(headers.authorization) ?? this.#tokenIn(arrival))
    const sender = identified instanceof Promise ? await identified : identified
    if (sender === anybody && this.#senders.signatures === null && isOfWebPage(headers))
      throw new FaultError('web_page_refused')
    sender.pace?.check()
    const receivedAtMs = this.#parts.env.clock.now()
    const problem = this.#senders.signatures?.headersProblem(headers, receivedAtMs) ?? null
    if (problem !== null) throw new FaultError('signature_refused', { detail: problem })
    const kind = bodyKind(headers['content-type'], this.takesParameters)
    const { env, timings } = this.#parts
    const share = env.budget.share(timings.roomWaitMs)
    try {
      return await this.#store({ arrival, sender, share, receivedAtMs }, kind)
    } finally {
      share.release()
    }
  }

  #tokenIn({ query }: Arrival): string | undefined {
    return this.takesParameters ? (new URLSearchParams(query).get(tokenParameter) ?? undefined) : undefined
  }

  async #store(admitted: Admitted, kind: BodyKind): Promise<number> {
    // A signature is over all of the body, and so is known only at its end.
    if (kind === 'lines' && this.#senders.signatures === null) return this.#storeLines(admitted)
    const { config } = this.#feed
    const bytes = await this.#wholeBody(admitted)
    admitted.share.settle()
    this.#checkSignature(admitted.arrival, bytes)
    const messages =
      kind === 'parameters'
        ? this.#messageOf(admitted, bytes)
        : await readMessages(bytes, kind, this.#reading(admitted, config))
    await this.#append(messages, admitted)
    return messages.length
  }

  #wholeBody(admitted: Admitted): Promise<Buffer> {
    const { arrival, share } = admitted
    const limits = this.#limits
    const most = mostBytes(arrival.request, limits)
    const firstBytes = Math.min(chunkBytes, most)
    const read = () => this.#bodyOf(admitted, limits, most).whole()
    return share.reserveNow(firstBytes) ? read() : reserveFor(admitted, firstBytes).then(read)
  }

  #checkSignature({ request }: Arrival, bytes: Buffer): void {
    if (this.#senders.signatures?.isSigned(request.headers, bytes) === false)
      throw new FaultError('signature_refused', { detail: 'none of webhook-signature is over this body' })
  }

  async #storeLines(admitted: Admitted): Promise<number> {
    const { arrival } = admitted
    const { maxMessageBytes } = this.#feed.config
    const limits = this.#streamLimits
    const most = Math.min(mostPieceBytes, mostBytes(arrival.request, limits))
    await reserveFor(admitted, Math.min(chunkBytes, most))
    const body = this.#bodyOf(admitted, limits, most)
    try {
      return await this.#storePieces(new LinePieces(body, maxMessageBytes), admitted)
    } finally {
      body.close()
    }
  }

  async #storePieces(lines: LinePieces, admitted: Admitted): Promise<number> {
    const limits = { ...this.#feed.config, maxMessages: Number.POSITIVE_INFINITY }
    const { share } = admitted
    let stored = 0
    try {
      for (;;) {
        const options = { ...this.#reading(admitted, limits), firstIndex: stored }
        const messages = await readMessages(await lines.next(stored), 'lines', options)
        await this.#append(messages, admitted)
        stored += messages.length
        if (lines.isAtEnd) return stored
        share.keep(lines.keptBytes)
        await reserveFor(admitted, chunkBytes + lines.keptBytes)
      }
    } catch (error) {
      throw stored === 0 ? error : new PartlyStored(error, stored)
    }
  }

  #bodyOf({ arrival, share }: Admitted, limits: BodyLimits, most: number): Body {
    const { deadlines, timings } = this.#parts
    const timeoutMs = timings.requestTimeoutMs
    const body = new Body(arrival.request, {
      limits,
      share,
      mostBytes: most,
      deadlines,
      timeoutMs
    })
    arrival.allowBody()
    return body
  }

  #reading({ receivedAtMs }: Admitted, limits: MessageLimits) {
    return { limits, receivedAtMs, readEntry: formats[this.#feed.config.format] }
  }

  async #append(messages: readonly Incoming[], { sender, arrival }: Admitted): Promise<void> {
    const { append, channel } = this.#feed
    const { traceparent } = arrival.request.headers
    if (messages.length > 0) await append(messages, traceparent?.toString()) // Invariant 6: nothing is answered before this resolved
    const bytes = messages.reduce((sum, message) => sum + message.value.length, 0)
    this.#parts.env.meter.accepted(channel, messages.length, bytes)
    sender.pace?.take(messages.length)
  }

  /** The one message of the URL and the form together; of the form alone where it is signed, as the URL is not. */
  #messageOf({ arrival, receivedAtMs }: Admitted, form: Buffer): Incoming[] {
    const query = this.#senders.signatures === null ? arrival.query : ''
    const text = `${query}&${form}`
    const { maxMessageBytes } = this.#feed.config
    if (text.length > maxMessageBytes) throw entryTooLarge(0, maxMessageBytes)
    const parameters = new URLSearchParams(text)
    parameters.delete(tokenParameter)
    const read = readParameters(parameters, receivedAtMs)
    if ('reason' in read) throw new BadEntries([{ index: 0, reason: read.reason }], 1)
    return [read]
  }
}
