// The Pub/Sub target as the suite of targets, and flows, see it: the credential is the id of the key by which a service
// account is known, and the double, which speaks TLS as the service does, knows one of them.

import { generateKeyPairSync } from 'node:crypto'
import { systemClock } from '../../../connectors/clock.ts'
import { type Published, type PublishReply, PubsubDouble } from '../../../connectors/pubsub/double.ts'
import { pubsubTarget } from '../../../connectors/pubsub/index.ts'
import { makeCertificates } from '../../certificates.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'

const topic = 'projects/acme-prod/topics/telemetry'
const own = makeCertificates()
export const keys = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
})

/** The JSON text of a service account key with this id. */
export function keyFile(id: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'acme-prod',
    private_key_id: id,
    private_key: keys.privateKey,
    client_email: 'tailrace@acme-prod.iam.gserviceaccount.com',
    client_id: '104729',
    token_uri: 'https://oauth2.googleapis.com/token'
  })
}

export const underTest: TargetUnderTest = {
  name: 'pubsub',
  definition: pubsubTarget,
  mixesDevices: true,
  start: ({ credential, tls = own }) => start({ tls, keys: { [credential]: keys.publicKey } }),
  settings: ({ host, port, credential, tls = { ca: own.ca }, timeoutMs }: Wish) => ({
    ...{ project: 'acme-prod', topic: 'telemetry', tls },
    endpoint: `${host === '127.0.0.1' ? 'localhost' : host}:${port}`, // no address is sent as the name of a server
    credentials: keyFile(credential),
    connectTimeoutMs: timeoutMs,
    responseTimeoutMs: timeoutMs
  }),
  lacks: {}
}

/** As an emulator, and with one request for messages of all devices. */
export const emulatorUnderTest: TargetUnderTest = {
  name: 'pubsub, an emulator, without ordering keys',
  definition: pubsubTarget,
  start: () => start({}),
  settings: ({ host, port, timeoutMs }: Wish) => ({
    ...{ topic, orderingKey: 'none', emulator: `${host}:${port}` },
    connectTimeoutMs: timeoutMs,
    responseTimeoutMs: timeoutMs
  }),
  lacks: {
    credentials: 'an emulator asks for none',
    tls: 'an emulator speaks none'
  }
}

async function start(options: {
  readonly tls?: NonNullable<DoubleOptions['tls']>
  readonly keys?: Readonly<Record<string, string>>
}): Promise<Double> {
  const ordered = new Ordered()
  const double = new PubsubDouble({
    clock: systemClock,
    ...options,
    getTopic: () => (ordered.order.kind === 'refuse address' ? missing : undefined),
    ledger: ({ messages }) => {
      ordered.received(...messages.map(({ data }) => data))
      double.requests.length = 0 // the ledger is enough; what is kept of requests would look like a leak of the target
    },
    confirmed: ({ messages }) => ordered.confirmed(...messages.map(({ data }) => data)),
    reply: request => {
      const reply = replyTo(request, ordered.order, ordered.sinceOrder)
      if (reply.kind === 'cut' || reply.kind === 'part') ordered.begin()
      return reply
    }
  })
  await double.start()
  return ordered.dress(double)
}

const missing = { code: 5, details: 'Resource not found (resource=telemetry).' }

/** What the order means for this request, its messages counted in `sinceOrder`. */
function replyTo({ messages }: Published, order: Order, sinceOrder: number): PublishReply {
  if (order.kind === 'hang') return order
  if (order.kind === 'drop') return { kind: sinceOrder >= order.afterMessages ? 'cut' : 'hang' }
  if (order.kind === 'part') return order
  if (order.kind === 'refuse address') return { kind: 'status', ...missing }
  if (order.kind === 'throttle')
    return {
      kind: 'status',
      ...{ code: 8, details: 'Quota exceeded for quota metric.' },
      ...(order.waitMs !== undefined && { retryAfterMs: order.waitMs })
    }
  if (order.kind === 'confirm') return order
  const isRefused = messages.some(({ data }) =>
    order.kind === 'limit' ? data.length > order.maxBytes : idOf(data) === order.id
  )
  return isRefused
    ? { kind: 'status', code: 3, details: 'One or more messages are not to our taste.' }
    : { kind: 'confirm' }
}
