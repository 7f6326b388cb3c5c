// The Azure IoT Hub target as the suite of targets sees it. The credential is the key of a policy, and whoever asks is
// registered. The hub is never without TLS: where none is wished for, its certificate is one of the authority that is trusted
// anyway.

import { systemClock } from '../../../connectors/clock.ts'
import {
  type HubReply,
  IotHubHttpsDouble,
  type ReceivedEvent,
  type ReceivedRequest
} from '../../../connectors/iot-hub/double/https.ts'
import { IotHubMqttDouble } from '../../../connectors/iot-hub/double/mqtt.ts'
import { Registry } from '../../../connectors/iot-hub/double/registry.ts'
import { iotHubTarget } from '../../../connectors/iot-hub/index.ts'
import type { PublishReply } from '../../../connectors/shared/mqtt/double.ts'
import { makeCertificates } from '../../certificates.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'

const known = makeCertificates()
const keyOf = (credential: string) => Buffer.from(credential).toString('base64')

export const underTest: TargetUnderTest = {
  name: 'iotHub',
  definition: iotHubTarget,
  start: startHttps,
  settings: wish => ({ ...settingsFor(wish), maxConnections: 8 }),
  lacks: {
    'early connection':
      'a request is of a device, and open() knows none: it connects, and ends the connection again'
  }
}

function settingsFor({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  return {
    host: `${host === '127.0.0.1' ? 'localhost' : host}:${port}`,
    policy: { name: 'device', key: keyOf(credential) },
    tls: tls ?? { ca: known.ca },
    connectTimeoutMs: timeoutMs,
    answerTimeoutMs: timeoutMs
  }
}

function registryFor(credential: string): Registry {
  return new Registry({ hub: 'localhost', policies: { device: keyOf(credential) }, knowsAll: true })
}

async function startHttps({ credential, tls = known }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  /** What was in force when a request came. */
  const orders = new WeakMap<ReceivedRequest, Order>()
  const bodies = ({ events }: ReceivedRequest) => events.map(({ body }) => body)
  const double = new IotHubHttpsDouble({
    clock: systemClock,
    registry: registryFor(credential),
    tls,
    ledger: request => {
      orders.set(request, ordered.order)
      ordered.received(...bodies(request))
    },
    reply: request => {
      const reply = replyTo(request, orders.get(request) ?? ordered.order, ordered.sinceOrder)
      if (reply.kind === 'reset') ordered.begin()
      return reply
    },
    confirmed: request => ordered.confirmed(...bodies(request))
  })
  await double.start()
  return ordered.dress(double)
}

/** What the order means for this request, its messages counted in `sinceOrder`. */
function replyTo({ bytes, events }: ReceivedRequest, order: Order, sinceOrder: number): HubReply {
  if (order.kind === 'confirm') return { kind: 'answer', status: 204, afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return order
  if (order.kind === 'drop') return { kind: sinceOrder >= order.afterMessages ? 'reset' : 'hang' }
  if (order.kind === 'part') return { kind: 'raw', bytes: 'HTTP/1.1 204 No Content\r\niothub-' }
  if (order.kind === 'refuse address') return { kind: 'answer', status: 404 }
  if (order.kind === 'throttle') return throttled(order.waitMs)
  if (order.kind === 'limit' && bytes > order.maxBytes)
    return { kind: 'answer', status: 413, error: 'MessageTooLarge' }
  const isRefused = order.kind === 'refuse' && events.some(({ body }) => idOf(body) === order.id)
  return isRefused
    ? { kind: 'answer', status: 400, error: 'ArgumentInvalid' }
    : { kind: 'answer', status: 204 }
}

function throttled(waitMs: number | undefined): HubReply {
  const answer = { kind: 'answer', status: 429, error: 'ThrottlingException' } as const
  return waitMs === undefined ? answer : { ...answer, retryAfter: String(waitMs / 1_000) }
}

/** Over MQTT. What is too large is known to the target by its settings, as the hub would only hang up over it. */
export const underTestMqtt: TargetUnderTest = {
  name: 'iotHub over MQTT',
  definition: iotHubTarget,
  start: startMqtt,
  settings: wish => ({
    ...settingsFor(wish),
    mode: 'mqtt',
    maxMessageBytes: 2_000,
    connectsPerSecond: 1_000
  }),
  lacks: {
    'early connection':
      'a connection is of a device, and open() knows none: it connects, and ends the connection again',
    window:
      'a device has one connection, on which all messages of its batch are on their way at the same time; it is never in two batches',
    address: 'where messages go follows from the device id, by which the device is let in or not',
    refusal: 'MQTT 3.1.1 has no answer that refuses a message: the hub ends the connection',
    throttle: 'MQTT 3.1.1 has no such answer: the hub delays its confirmation, or ends the connection',
    'throttle with time': 'MQTT 3.1.1 has no such answer'
  }
}

async function startMqtt({ credential, tls = known }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const double = new IotHubMqttDouble({
    clock: systemClock,
    registry: registryFor(credential),
    tls,
    ledger: ({ body }) => ordered.received(body),
    reply: event => {
      const reply = mqttReplyTo(ordered.order, ordered.sinceOrder, event)
      if (reply.kind === 'hangUp') ordered.begin()
      return reply
    },
    confirmed: ({ body }) => ordered.confirmed(body)
  })
  await double.start()
  return ordered.dress(double)
}

/** What the order means for the event that is the `sinceOrder`th under it. */
function mqttReplyTo(order: Order, sinceOrder: number, { body }: ReceivedEvent): PublishReply {
  if (order.kind === 'confirm') return { kind: 'puback', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part') return { kind: sinceOrder <= order.messages ? 'puback' : 'hangUp' }
  const isTooLarge = order.kind === 'limit' && body.length > order.maxBytes
  return { kind: isTooLarge ? 'hangUp' : 'puback' }
}
