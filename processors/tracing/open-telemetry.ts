// Tracing by the SDK of OpenTelemetry, which is loaded only here, and only when somebody asks for it. Spans that have ended
// wait in a bounded queue and are sent beside everything else: a collector that is slow, hangs or is away loses spans, and
// delays nothing. Nothing global of the SDK is used.

import type { Link, Tracer } from '@opentelemetry/api'
import { type Clock, pauseFor } from '../../connectors/clock.ts'
import type { LogEvent } from '../../schemas/events.ts'
import type { TracingConfig } from '../../schemas/service/tracing.ts'
import { watchedExporter } from './export-watch.ts'
import type { TraceParent } from './trace-parent.ts'
import type { OpenSpan, SpanStart, Tracing } from './tracer.ts'

/** Ended spans that may wait; more are dropped. Some 2 MB. */
const maxQueueSize = 2_048
const maxExportBatchSize = 512
/** How long ended spans wait to be sent together. */
const scheduledDelayMillis = 1_000
/** At the end of the process a collector is not waited for longer. */
const maxCloseMs = 2_000
/** For one request to the collector, with all its repetitions. */
const exportTimeoutMillis = 5_000

export interface TracingEnv {
  readonly clock: Clock
  readonly log: LogEvent
  readonly version: string
}

type Api = typeof import('@opentelemetry/api')

/** Opens no connection: that comes with the first spans. */
export async function openTracing(config: TracingConfig, env: TracingEnv): Promise<Tracing> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources')
  ])
  const { endpoint: url, headers, sampleRatio } = config
  const exporter = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: exportTimeoutMillis
  })
  const limits = { maxQueueSize, maxExportBatchSize, scheduledDelayMillis, exportTimeoutMillis }
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'tailrace', 'service.version': env.version }),
    sampler: new sdk.AlwaysOnSampler(), // who begins a span has decided that it is wanted
    spanProcessors: [new sdk.BatchSpanProcessor(watchedExporter(exporter, env), limits)]
  })
  const tracer = provider.getTracer('tailrace', env.version)
  return {
    begin: start => begin(start, tracer, api),
    isSampled: () => env.clock.random() < sampleRatio,
    async close(deadlineMs) {
      const closed = new AbortController()
      const closing = provider.shutdown().catch(() => {}) // what was not sent has been told
      const waiting = pauseFor(env.clock, Math.min(deadlineMs, maxCloseMs), closed.signal)
      await Promise.race([closing.finally(() => closed.abort()), waiting])
    }
  }
}

function begin(start: SpanStart, tracer: Tracer, api: Api): OpenSpan {
  const { name, kind, parent, links = [], attributes } = start
  const kinds = {
    producer: api.SpanKind.PRODUCER,
    consumer: api.SpanKind.CONSUMER,
    client: api.SpanKind.CLIENT
  }
  const options = { kind: kinds[kind], attributes: { ...attributes }, links: links.map(linkTo) }
  const root = api.ROOT_CONTEXT
  const span = tracer.startSpan(
    name,
    options,
    parent === null ? root : api.trace.setSpanContext(root, remote(parent))
  )
  const { traceId, spanId } = span.spanContext()
  return {
    context: { traceId, spanId, isSampled: true },
    end(found, error) {
      span.setAttributes({ ...found, ...(error !== undefined && { 'error.type': error }) })
      if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error })
      span.end()
    }
  }
}

const remote = ({ traceId, spanId }: TraceParent) => ({ traceId, spanId, traceFlags: 1, isRemote: true })

const linkTo = (parent: TraceParent): Link => ({ context: remote(parent) })
