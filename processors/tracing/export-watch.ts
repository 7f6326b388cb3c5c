// An exporter of spans that tells when the collector takes none: once for each outage, so that lost spans are nothing silent.

import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { messageOf } from '../../schemas/errors.ts'
import type { LogEvent } from '../../schemas/events.ts'

/** What the SDK calls a success; its enumeration would have to be loaded for it. */
const success = 0

export function watchedExporter(exporter: SpanExporter, { log }: { readonly log: LogEvent }): SpanExporter {
  let isFailing = false
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, result => {
        const isLost = result.code !== success
        if (isLost && !isFailing)
          log('spans_lost', { spans: spans.length, reason: messageOf(result.error ?? 'no reason given') })
        isFailing = isLost
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() })
  }
}
