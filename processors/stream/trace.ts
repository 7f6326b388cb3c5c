// The traces of one stream: a message whose record carries a sampled context has a span from the time it was read until it
// ended, and each attempt with such a message one of its own, whose context the target may pass on. So many may be open at a
// time and no more, whatever waits; what comes beyond that is delivered untraced. Devices are never named.

import type { Outcome } from '../../connectors/connector.ts'
import { type Headed, traceParentOf } from '../tracing/trace-parent.ts'
import type { OpenSpan, Tracer } from '../tracing/tracer.ts'
import type { Partition } from './assignment/partition.ts'
import type { PendingBatch } from './dispatch/batch.ts'
import type { Pending } from './dispatch/lane.ts'
import { isList } from './dispatch/outcome/verdict.ts'

/** Messages that are traced at a time. Invariant 5 */
const maxOpen = 1_000

/** What became of a message. */
export type Fate = 'delivered' | 'filtered' | 'expired' | 'dead_lettered' | 'held' | 'returned'

/** A message, or the record that it will be made of. */
type Traced = Headed & { readonly offset: number }

/** The span of a message that has not ended. */
export interface MessageTrace {
  readonly span: OpenSpan
  readonly partition: Partition
  attempts: number
}

export class StreamTrace {
  readonly #stream: string
  readonly #tracer: Tracer
  readonly #open = new Set<MessageTrace>()

  constructor(stream: string, tracer: Tracer) {
    this.#stream = stream
    this.#tracer = tracer
  }

  /** A message was read, and is owed to the target. */
  read(message: Pending): void {
    const span = this.#begin(message.lane.partition, message)
    if (span === null) return
    message.trace = { span, partition: message.lane.partition, attempts: 0 }
    this.#open.add(message.trace)
  }

  /** A record was read that is not owed. */
  left(partition: Partition, record: Traced, fate: string): void {
    this.#begin(partition, record)?.end({ 'tailrace.outcome': fate, 'tailrace.attempts': 0 })
  }

  /** A message ended; `code` is the reason where it was not delivered. */
  ended(fate: Fate, message: Pending, code?: string): void {
    if (message.trace !== null) this.#end(message.trace, fate, code)
    message.trace = null
  }

  /** The span of an attempt with the batch; null where nothing in it is traced. */
  attempt({ messages, tries }: PendingBatch): OpenSpan | null {
    const traces = messages.flatMap(({ trace }) => trace ?? [])
    const [first] = traces
    if (first === undefined) return null
    for (const trace of traces) trace.attempts++
    return this.#tracer.begin({
      name: `deliver ${this.#stream}`,
      kind: 'client',
      parent: first.span.context,
      links: traces.map(({ span }) => span.context),
      attributes: {
        'tailrace.stream': this.#stream,
        'tailrace.attempt': tries.failures + 1,
        'messaging.batch.message_count': messages.length
      }
    })
  }

  /** Partitions are assigned elsewhere: what was read of them is returned. */
  dropClosed(): void {
    for (const trace of this.#open) if (trace.partition.closed) this.#end(trace, 'returned')
  }

  /** Nothing more ends here. */
  close(): void {
    for (const trace of this.#open) this.#end(trace, 'returned')
  }

  #begin(partition: Partition, record: Traced): OpenSpan | null {
    const parent = traceParentOf(record)
    if (!parent?.isSampled || this.#open.size >= maxOpen) return null
    const { topic, partition: number } = partition.origin
    return this.#tracer.begin({
      name: `process ${topic}`,
      kind: 'consumer',
      parent,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(number),
        'messaging.kafka.offset': record.offset,
        'tailrace.stream': this.#stream
      }
    })
  }

  #end(trace: MessageTrace, fate: Fate, code?: string): void {
    if (!this.#open.delete(trace)) return
    trace.span.end({ 'tailrace.outcome': fate, 'tailrace.attempts': trace.attempts }, code)
  }
}

/** Ends the span of an attempt with what came of it: the first failure, where some messages failed. */
export function endAttempt(span: OpenSpan, outcome: Outcome | readonly Outcome[]): void {
  const outcomes = isList(outcome) ? outcome : [outcome]
  const [failure] = outcomes.flatMap(one => (one.kind === 'delivered' ? [] : one))
  span.end({ 'tailrace.outcome': failure?.kind ?? 'delivered' }, failure?.code)
}
