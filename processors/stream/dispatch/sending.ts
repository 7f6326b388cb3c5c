// The way of one batch out of this process: it gets its numbers where the stream gives any, is attempted, and what came of
// that is acted on.

import { formatTraceParent } from '../../tracing/trace-parent.ts'
import type { OpenSpan } from '../../tracing/tracer.ts'
import type { StreamContext } from '../context.ts'
import { Numbering } from '../sequence/numbering.ts'
import { endAttempt } from '../trace.ts'
import { Attempt } from './attempt.ts'
import type { PendingBatch } from './batch.ts'
import type { Destinations } from './destinations.ts'
import { InFlight } from './in-flight.ts'
import type { Aftermath, Rejected } from './outcome/aftermath.ts'
import type { Load } from './pace/load.ts'
import type { DispatchPort } from './port.ts'

export interface SendingParts {
  readonly attemptTimeoutMs: number
  readonly port: Pick<DispatchPort, 'target' | 'sequences'>
  readonly destinations: Destinations
  readonly aftermath: Aftermath
  readonly load: Load
  /** A message can have no number; true when the stream halts for so many. */
  refused(rejected: Rejected): boolean
  pump(): void
}

export class Sending {
  readonly inFlight: InFlight
  /** Nothing new is attempted. */
  isHalted = true
  readonly #context: StreamContext
  readonly #parts: SendingParts

  constructor(context: StreamContext, parts: SendingParts) {
    this.inFlight = new InFlight(context, parts.load)
    this.#context = context
    this.#parts = parts
  }

  begin(batch: PendingBatch): void {
    const { destinations, port } = this.#parts
    for (const lane of batch.lanes) lane.become('inFlight')
    batch.destination.inFlight++
    destinations.wake(batch.destination)
    const { sequences } = port
    if (sequences === null || batch.isNumbered) {
      void this.#attempt(batch)
      return
    }
    const numbering = new Numbering(sequences, batch)
    this.inFlight.add(numbering, batch, this.#number(batch, numbering))
  }

  async #number(batch: PendingBatch, numbering: Numbering): Promise<void> {
    const refused = await numbering.run()
    this.inFlight.remove(numbering)
    const unsendable = new Set(refused.map(({ message }) => message))
    batch.keep(batch.messages.filter(message => !unsendable.has(message)))
    for (const refusal of refused)
      if (!refusal.message.lane.partition.closed) this.#parts.refused({ ...refusal, attempts: 0 })
    batch.dropClosed()
    if (batch.messages.length > 0 && batch.isNumbered && !this.isHalted) return this.#attempt(batch)
    batch.destination.inFlight--
    this.#parts.aftermath.goOn(batch) // what was given up is sent, or taken up, later
    this.#parts.destinations.wake(batch.destination)
    this.#parts.pump()
  }

  #attempt(batch: PendingBatch): Promise<void> {
    if (this.#context.tap.isOn) this.#context.tap.sent(batch)
    const { destination, messages, bytes } = batch
    const options = { clock: this.#context.clock, timeoutMs: this.#parts.attemptTimeoutMs }
    const span = this.#context.trace?.attempt(batch) ?? null
    const traced = span !== null && { traceparent: formatTraceParent(span.context) }
    const attempt = new Attempt({ destination: destination.name, messages, bytes, ...traced }, options)
    const done = this.#deliver(batch, attempt, span)
    this.inFlight.add(attempt, batch, done)
    return done
  }

  async #deliver(batch: PendingBatch, attempt: Attempt, span: OpenSpan | null): Promise<void> {
    const { aftermath, destinations, port } = this.#parts
    const { destination } = batch
    const start = destination.limit.begin(destination.inFlight)
    const trials = destinations.begins(destination) ? 1 : 0
    destinations.trials += trials
    const outcome = await attempt.run(port.target)
    if (span !== null) endAttempt(span, outcome)
    destinations.trials -= trials
    this.inFlight.remove(attempt)
    destination.inFlight--
    destination.limit.ended(start, outcome)
    aftermath.of(batch, outcome, start.atMs)
    destinations.wake(destination)
    this.#parts.pump()
  }
}
