// Tracing as the rest of Tailrace sees it: spans that begin and end. Where no tracing is configured there is none of this,
// and nothing of it is loaded. Nobody waits for a span, and none can fail.

import type { TraceParent } from './trace-parent.ts'

export type Attributes = Readonly<Record<string, string | number>>

export interface SpanStart {
  readonly name: string
  readonly kind: 'producer' | 'consumer' | 'client'
  /** Null begins a trace. */
  readonly parent: TraceParent | null
  /** Others that it belongs to. */
  readonly links?: readonly TraceParent[]
  readonly attributes: Attributes
}

/** A span that has begun. */
export interface OpenSpan {
  /** What the next in the trace gets as its parent. */
  readonly context: TraceParent
  /** Call once. `error` is the code of what went wrong. */
  end(attributes: Attributes, error?: string): void
}

export interface Tracer {
  begin(start: SpanStart): OpenSpan
}

/** What a process is given where tracing is configured. */
export interface Tracing extends Tracer {
  /** Is one to be traced that says nothing of it? */
  isSampled(): boolean
  /** Sends what is left, within `deadlineMs`. Never rejects. */
  close(deadlineMs: number): Promise<void>
}
