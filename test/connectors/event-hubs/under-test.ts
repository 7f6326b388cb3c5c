// What the contract of targets is taken with for Event Hubs: the namespace that misbehaves to order, the suite's wishes as
// settings, and its orders as replies. A transfer is answered as a whole, so an order for one message is one for its transfer.

import { systemClock } from '../../../connectors/clock.ts'
import { EventHubsDouble, type Transfer, type TransferReply } from '../../../connectors/event-hubs/double.ts'
import { eventHubsTarget } from '../../../connectors/event-hubs/index.ts'
import { idOf } from '../../conformance/fleet.ts'
import { Ordered } from '../../conformance/target/ordered.ts'
import type { Double, DoubleOptions, Order, TargetUnderTest, Wish } from '../../conformance/target.ts'

const hub = 'telemetry'
const keyName = 'tailrace'

export const underTest: TargetUnderTest = {
  name: 'eventHubs',
  definition: eventHubsTarget,
  start,
  settings,
  mixesDevices: true,
  lacks: {}
}

async function start({ credential, tls }: DoubleOptions): Promise<Double> {
  const ordered = new Ordered()
  const missing = {
    condition: 'amqp:not-found',
    description: `The messaging entity 'sb://double/${hub}' could not be found.`
  }
  const double = new EventHubsDouble({
    ...{ clock: systemClock, hub, claims: { keyName, key: credential } },
    ...(tls !== undefined && { tls }),
    ledger: transfer => ordered.received(...bodiesOf(transfer)),
    confirmed: transfer => ordered.confirmed(...bodiesOf(transfer)),
    attach: () => (ordered.order.kind === 'refuse address' ? missing : undefined),
    maxMessageBytes: () => (ordered.order.kind === 'limit' ? ordered.order.maxBytes : 1_048_576),
    reply: transfer => {
      const reply = replyTo(transfer, ordered.order, ordered.sinceOrder)
      if (reply.kind === 'hangUp') ordered.begin()
      return reply
    }
  })
  await double.start()
  return ordered.dress(double)
}

function settings({ host, port, credential, tls, timeoutMs }: Wish): Record<string, unknown> {
  const emulator = tls === undefined ? ';UseDevelopmentEmulator=true' : ''
  const access = `SharedAccessKeyName=${keyName};SharedAccessKey=${credential}`
  return {
    connectionString: `Endpoint=sb://${host}:${port};${access};EntityPath=${hub}${emulator}`,
    connectTimeoutMs: timeoutMs,
    ackTimeoutMs: timeoutMs,
    ...(tls !== undefined && { tls })
  }
}

function bodiesOf({ events }: Transfer): Buffer[] {
  return events.map(({ body }) => body)
}

/** What the order means for the transfer with which `sinceOrder` messages have come under it. */
function replyTo(transfer: Transfer, order: Order, sinceOrder: number): TransferReply {
  if (order.kind === 'confirm') return { kind: 'accept', afterMs: order.afterMs ?? 0 }
  if (order.kind === 'hang') return { kind: 'hold' }
  if (order.kind === 'drop') return { kind: sinceOrder < order.afterMessages ? 'hold' : 'hangUp' }
  if (order.kind === 'part')
    return sinceOrder <= order.messages ? { kind: 'accept' } : { kind: 'hangUp', bytes: halfAnAnswer }
  if (order.kind === 'throttle') return { kind: 'reject', error: busy(order.waitMs) }
  const isRefused = order.kind === 'refuse' && bodiesOf(transfer).some(body => idOf(body) === order.id)
  const error = { condition: 'amqp:not-allowed', description: 'not to our taste' }
  return isRefused ? { kind: 'reject', error } : { kind: 'accept' }
}

/** The beginning of the frame of a disposition. */
const halfAnAnswer = Buffer.from([0, 0, 0, 0x1c, 2, 0, 0, 1, 0, 0x53, 0x15])

function busy(waitMs: number | undefined) {
  const wait = waitMs === undefined ? '' : ` Please wait ${waitMs / 1_000} seconds and try again.`
  const description = `The request was terminated because the namespace is being throttled. Error code : 50002.${wait}`
  return { condition: 'com.microsoft:server-busy', description }
}
