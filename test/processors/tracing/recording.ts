// A tracer that remembers its spans, for tests of what begins and ends them.

import type { TraceParent } from '../../../processors/tracing/trace-parent.ts'
import type { Attributes, SpanStart, Tracing } from '../../../processors/tracing/tracer.ts'

export interface RecordedSpan extends SpanStart {
  readonly context: TraceParent
  /** How it ended; null while it has not. */
  ended: { readonly attributes: Attributes; readonly error: string | undefined } | null
}

export class RecordingTracing implements Tracing {
  readonly spans: RecordedSpan[] = []
  /** Whether what says nothing of it is traced. */
  sampled = false

  isSampled(): boolean {
    return this.sampled
  }

  begin(start: SpanStart) {
    const spanId = String(this.spans.length + 1).padStart(16, '0')
    const traceId = start.parent?.traceId ?? spanId.padStart(32, '0')
    const span: RecordedSpan = { ...start, context: { traceId, spanId, isSampled: true }, ended: null }
    this.spans.push(span)
    return {
      context: span.context,
      end: (attributes: Attributes, error?: string) => {
        if (span.ended !== null) throw new Error(`the span ${span.name} ended twice`)
        span.ended = { attributes, error }
      }
    }
  }

  async close(): Promise<void> {}

  /** What became of the messages whose spans have ended. */
  get outcomes(): unknown[] {
    return this.of('consumer').flatMap(({ ended }) => ended?.attributes['tailrace.outcome'] ?? [])
  }

  of(kind: SpanStart['kind']): RecordedSpan[] {
    return this.spans.filter(span => span.kind === kind)
  }
}
