// A collector of OpenTelemetry: takes spans by OTLP over HTTP in JSON, as the exporter sends them, or misbehaves.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { until } from '../../flows/harness/until.ts'

/** A span as it came, with its attributes as plain values. */
export interface CollectedSpan {
  readonly name: string
  readonly kind: 'producer' | 'consumer' | 'client'
  readonly traceId: string
  readonly spanId: string
  /** Empty: it began the trace. */
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** The spans that it is linked to. */
  readonly links: readonly string[]
  readonly isError: boolean
}

export interface Collector {
  readonly endpoint: string
  readonly spans: readonly CollectedSpan[]
  /** Of the last request. */
  readonly headers: () => IncomingMessage['headers']
  /** Requests that have come, answered or not. */
  readonly requests: () => number
}

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> }
interface SentSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly Attribute[]
  readonly links?: readonly { readonly spanId: string }[]
  readonly status: { readonly code?: number }
}

const kinds: Readonly<Record<number, CollectedSpan['kind']>> = { 3: 'client', 4: 'producer', 5: 'consumer' }

/** `hangs`: it takes requests and never answers. Stopped when the test ends. */
export async function startCollector(t: ExecutionContext, hangs = false): Promise<Collector> {
  const spans: CollectedSpan[] = []
  let last: IncomingMessage['headers'] = {}
  let requests = 0
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    requests++
    last = request.headers
    const body = (await json(request)) as {
      resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[]
    } // as the exporter sends it
    if (hangs) return
    const sent = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(scope => scope.spans))
    spans.push(...sent.map(collected))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer(
    (request, response) => void take(request, response).catch(() => response.destroy())
  )
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await until('the collector listens', () => server.listening)
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    headers: () => last,
    requests: () => requests
  }
}

function collected({ name, kind, traceId, spanId, parentSpanId = '', ...rest }: SentSpan): CollectedSpan {
  const attributes = Object.fromEntries(rest.attributes.map(({ key, value }) => [key, plain(value)]))
  const links = rest.links?.map(link => link.spanId) ?? []
  const known = kinds[kind]
  if (known === undefined) throw new Error(`a span of kind ${kind}`)
  return {
    name,
    kind: known,
    traceId,
    spanId,
    parentSpanId,
    attributes,
    links,
    isError: rest.status.code === 2
  }
}

/** Numbers may come as texts, as 64 bits have no place in JSON. */
function plain(value: Readonly<Record<string, unknown>>): unknown {
  return 'intValue' in value ? Number(value.intValue) : Object.values(value)[0]
}
