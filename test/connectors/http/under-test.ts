// What the contract of targets is taken with for HTTP: a server that takes the orders of the suite as replies.

import type https from 'node:https'
import { systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { httpTarget } from '../../../connectors/http/index.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'
import { following } from './orders.ts'

/** As plain HTTP or TLS, as the suite wishes. */
export const settings = ({ host, port, credential, tls, timeoutMs }: Wish) => ({
  url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}/telemetry`,
  format: 'ndjson', // its lines are the very bytes
  bearer: credential,
  connectTimeoutMs: timeoutMs,
  responseTimeoutMs: timeoutMs,
  bodyTimeoutMs: timeoutMs,
  ...(tls !== undefined && { tls })
})

export const underTest: TargetUnderTest = {
  name: 'http',
  definition: httpTarget,
  start: options => start(options),
  settings,
  lacks: { greeting: 'open() sends nothing, because no request to an endpoint for POST is harmless' }
}

interface Start {
  readonly credential: string
  readonly tls?: https.ServerOptions
  readonly http2?: boolean
}

/** A server that accepts the credential. */
export async function start({ credential, tls, http2 = false }: Start): Promise<Double> {
  const ordered = new Ordered()
  const { ledger, reply } = following({ ordered, messagesIn, replyTo })
  const double = new HttpDouble({
    clock: systemClock,
    http2,
    ...(tls !== undefined && { tls }),
    ledger,
    reply: request => {
      const given = request.headers.authorization
      return given === `Bearer ${credential}` ? reply(request) : answer(401, `no access for ${given}`)
    }
  })
  await double.start()
  return ordered.dress(double)
}

/** One message to a line. */
function messagesIn({ body }: Received): Buffer[] {
  const lines = body.toString().trimEnd().split('\n')
  return lines.map(line => Buffer.from(line))
}

/** What the order means for this request, its messages counted in `sinceOrder`. */
function replyTo(request: Received, order: Order, sinceOrder: number): Reply {
  const messages = messagesIn(request)
  if (order.kind === 'hang') return order
  if (order.kind === 'drop' && sinceOrder >= order.afterMessages) return { kind: 'reset' }
  if (order.kind === 'drop') return { kind: 'hang' }
  if (order.kind === 'part') {
    return { kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"stored":' }
  }
  if (order.kind === 'refuse address') return answer(404, 'nothing here')
  if (order.kind === 'throttle') return answer(429, 'too often', order.waitMs)
  const tooLarge = order.kind === 'limit' && request.body.length > order.maxBytes
  if (tooLarge) return answer(413, 'too large')
  const refused = order.kind === 'refuse' && messages.some(message => idOf(message) === order.id)
  return refused ? answer(400, 'not to our taste') : answer(200, '')
}

function answer(status: number, body: string, waitMs?: number): Reply {
  const headers = waitMs === undefined ? {} : { 'retry-after': String(waitMs / 1000) }
  return { kind: 'answer', status, body, headers }
}
