// What the contract of targets is taken with for AWS IoT Core. The credential is the client certificate: the wrong one has no
// policy that lets it connect. Quotas are raised, since the suite sends thousands of messages and
// connects hundreds of times; how they are kept is in quotas.test.ts.

import { X509Certificate } from 'node:crypto'
import { AwsIotDouble } from '../../../connectors/aws-iot/double.ts'
import { awsIotTarget } from '../../../connectors/aws-iot/index.ts'
import { systemClock } from '../../../connectors/clock.ts'
import type { ConnectReply } from '../../../connectors/shared/mqtt/double.ts'
import { makeCertificates } from '../../certificates.ts'
import { rightCredential } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'
import { following } from '../mqtt/under-test.ts'

const known = makeCertificates()
const stranger = makeCertificates()
const quotas = { publishesPerSecond: 1_000_000, inFlight: 1_000, connectIntervalMs: 0 }

export const underTest: TargetUnderTest = {
  name: 'awsIot',
  definition: awsIotTarget,
  start,
  settings: settingsFor,
  lacks: { 'throttle with time': 'MQTT has no word for when to come back' }
}

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
  const ordered = new Ordered()
  const double = new AwsIotDouble({
    clock: systemClock,
    tls: { cert: tls.cert, key: tls.key, clientCa: [known.ca, stranger.ca] },
    quotas,
    connect: (_, certificate) => connack(certificate, ordered.order),
    ...following(ordered)
  })
  await double.start()
  return ordered.dress(double)
}

function connack(certificate: Buffer, order: Order): ConnectReply | undefined {
  if (!certificate.equals(new X509Certificate(known.cert).raw)) return { kind: 'connack', code: 0x87 }
  if (order.kind !== 'limit') return undefined
  return { kind: 'connack', code: 0, properties: { maximumPacketSize: order.maxBytes } }
}
