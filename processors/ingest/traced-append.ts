// Appends what a source took with a span of its own: its context stands in the headers of the records, so that whoever reads
// them goes on with the trace. A sender whose traceparent is sampled is followed, one whose is not is left alone, and of
// those that say nothing some are chosen. What is not traced is appended as ever.

import type { Incoming } from '../../connectors/connector.ts'
import type { LogProducer } from '../../connectors/kafka/log/log.ts'
import { FaultError } from '../../schemas/errors.ts'
import { formatTraceParent, parseTraceParent, traceHeader } from '../tracing/trace-parent.ts'
import type { OpenSpan, Tracing } from '../tracing/tracer.ts'

export interface TracedParts {
  readonly producer: Pick<LogProducer, 'append'>
  readonly tracing: Tracing
  readonly channel: string
  readonly topic: string
}

/** Resolves and rejects as the append of the producer does. */
export async function tracedAppend(
  messages: readonly Incoming[],
  traceParent: string | undefined,
  parts: TracedParts
): Promise<void> {
  const { producer, topic } = parts
  const span = spanOf(messages, traceParent, parts)
  if (span === null) return producer.append(topic, messages)
  const headers = { [traceHeader]: formatTraceParent(span.context) }
  try {
    await producer.append(
      topic,
      messages.map(message => ({ ...message, headers }))
    )
    span.end({})
  } catch (error) {
    const code = error instanceof FaultError ? error.code : 'internal'
    span.end({}, code)
    // A message that is as large as may be has no room for a header: then nothing was stored, and it goes without.
    if (code !== 'body_too_large') throw error
    await producer.append(topic, messages)
  }
}

function spanOf(
  messages: readonly Incoming[],
  traceParent: string | undefined,
  { tracing, channel, topic }: TracedParts
): OpenSpan | null {
  const parent = traceParent === undefined ? null : parseTraceParent(traceParent)
  const isWanted = parent === null ? tracing.isSampled() : parent.isSampled
  if (!isWanted) return null
  return tracing.begin({
    name: `send ${topic}`,
    kind: 'producer',
    parent,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
      'messaging.batch.message_count': messages.length,
      'tailrace.channel': channel
    }
  })
}
