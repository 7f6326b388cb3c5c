// The AWS IoT Core target over HTTPS against the contract of targets, with a double of HTTP that demands a certificate.
// A request holds an array, so that a batch is one request.

import test from 'ava'
import { awsIotTarget } from '../../../../connectors/aws-iot/index.ts'
import { systemClock } from '../../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../../connectors/http/double.ts'
import { makeCertificates } from '../../../certificates.ts'
import { idOf } from '../../../conformance/fleet.ts'
import { Ordered } from '../../../conformance/target/ordered.ts'
import {
  type Double,
  type DoubleOptions,
  type Order,
  targetSuite,
  type Wish
} from '../../../conformance/target.ts'
import { following } from '../../http/orders.ts'

const known = makeCertificates()

targetSuite(test.serial, {
  name: 'awsIot over HTTPS',
  definition: awsIotTarget,
  start,
  settings: ({ host, port, tls, timeoutMs }: Wish) => ({
    mode: 'https',
    format: 'array',
    endpoint: `${host === '127.0.0.1' ? 'localhost' : host}:${port}`,
    topic: 'fleet/telemetry',
    tls: { cert: known.cert, key: known.key, ...(tls ?? { ca: known.ca }) },
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs
  }),
  lacks: {
    credentials: 'a certificate that is not known ends the connection, as an outage does',
    'throttle with time': 'the API has no word for when to come back'
  }
})

async function start({ tls = known }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const double = new HttpDouble({
    clock: systemClock,
    tls: { cert: tls.cert, key: tls.key, ca: known.ca, requestCert: true, rejectUnauthorized: true },
    ...following({ ordered, messagesIn, replyTo })
  })
  await double.start()
  return ordered.dress(double)
}

/** The suite's messages are as JSON.stringify writes them. */
function messagesIn({ body }: Received): Buffer[] {
  const list: unknown[] = JSON.parse(body.toString())
  return list.map(message => Buffer.from(JSON.stringify(message)))
}

/** What the order means for this request, its messages counted in `sinceOrder`. */
function replyTo(request: Received, order: Order, sinceOrder: number): Reply {
  if (order.kind === 'hang') return order
  if (order.kind === 'drop' && sinceOrder >= order.afterMessages) return { kind: 'reset' }
  if (order.kind === 'drop') return { kind: 'hang' }
  if (order.kind === 'part')
    return { kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"message":' }
  if (order.kind === 'refuse address') return answer(403)
  if (order.kind === 'throttle') return answer(429)
  if (order.kind === 'limit' && request.body.length > order.maxBytes) return answer(413)
  const isRefused = order.kind === 'refuse' && messagesIn(request).some(message => idOf(message) === order.id)
  return answer(isRefused ? 400 : 200)
}

function answer(status: number): Reply {
  return { kind: 'answer', status, body: '{"message":"as ordered"}' }
}
