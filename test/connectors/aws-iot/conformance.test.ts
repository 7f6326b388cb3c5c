// The AWS IoT Core target against the contract of targets. The credential is the client certificate: the wrong one has no
// policy that lets it connect. Quotas are raised, since the suite sends thousands of messages and
// connects hundreds of times; how they are kept is in quotas.test.ts.

import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { AwsIotDouble } from '../../../connectors/aws-iot/double.ts'
import { awsIotTarget } from '../../../connectors/aws-iot/index.ts'
import { systemClock } from '../../../connectors/clock.ts'
import type { ConnectReply, Published, PublishReply } from '../../../connectors/shared/mqtt/double.ts'
import { makeCertificates } from '../../certificates.ts'
import { idOf, rightCredential } from '../../conformance/fleet.ts'
import {
  type Double,
  type DoubleOptions,
  type Order,
  targetSuite,
  type Wish
} from '../../conformance/target.ts'

const known = makeCertificates()
const stranger = makeCertificates()
const quotas = { publishesPerSecond: 1_000_000, inFlight: 1_000, connectIntervalMs: 0 }

targetSuite(test.serial, {
  name: 'awsIot',
  definition: awsIotTarget,
  start,
  settings: settingsFor,
  lacks: { 'throttle with time': 'MQTT has no word for when to come back' }
})

/** It is never without TLS: where none is wished for, its certificate is one of the authority that is trusted anyway. */
function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  const { cert, key } = credential === rightCredential ? known : stranger
  return {
    endpoint: `${host === '127.0.0.1' ? 'localhost' : host}:${port}`,
    topic: 'fleet/telemetry',
    tls: { cert, key, ...(tls ?? { ca: known.ca }) },
    limits: { ...quotas, bytesPerSecond: 1_000_000_000 },
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs
  }
}

async function start({ tls = known }: DoubleOptions): Promise<Double> {
  const received: Buffer[] = []
  const confirmed: Buffer[] = []
  let order: Order = { kind: 'confirm' }
  let sinceOrder = 0
  const double = new AwsIotDouble({
    clock: systemClock,
    tls: { cert: tls.cert, key: tls.key, clientCa: [known.ca, stranger.ca] },
    quotas,
    connect: (_, certificate) => connack(certificate, order),
    ledger: ({ payload }) => {
      received.push(payload)
      sinceOrder++
    },
    confirmed: ({ payload }) => void confirmed.push(payload),
    reply: message => {
      const reply = replyTo(message, order, sinceOrder)
      if (reply.kind === 'hangUp') sinceOrder = 0
      return reply
    }
  })
  await double.start()
  return Object.assign(double, {
    order: (next: Order) => {
      order = next
      sinceOrder = 0
    },
    received: () => received,
    confirmed: () => confirmed
  })
}

function connack(certificate: Buffer, order: Order): ConnectReply | undefined {
  if (!certificate.equals(new X509Certificate(known.cert).raw)) return { kind: 'connack', code: 0x87 }
  if (order.kind !== 'limit') return undefined
  return { kind: 'connack', code: 0, properties: { maximumPacketSize: order.maxBytes } }
}

/** What the order means for the message that is the `sinceOrder`th under it. */
function replyTo({ payload }: Published, order: Order, sinceOrder: number): PublishReply {
  if (order.kind === 'confirm') return { kind: 'puback', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part') return { kind: sinceOrder <= order.messages ? 'puback' : 'hangUp' }
  if (order.kind === 'throttle') return { kind: 'puback', code: 0x97 }
  if (order.kind === 'refuse address') return { kind: 'puback', code: 0x87 }
  const isRefused = order.kind === 'refuse' && idOf(payload) === order.id
  return isRefused ? { kind: 'puback', code: 0x99, text: 'not to our taste' } : { kind: 'puback' }
}
