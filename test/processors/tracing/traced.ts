// A process of `tailrace run` that is traced, from HTTP over a real Kafka to a receiver.

import type { ExecutionContext } from 'ava'
import { systemClock } from '../../../connectors/clock.ts'
import { HttpDouble, type Received, type Reply } from '../../../connectors/http/double.ts'
import { testBrokers, uniqueName } from '../../kafka.ts'
import { type Probed, startProbed } from '../service/admin/probed.ts'

export interface Traced extends Probed {
  readonly topic: string
  /** What came to the receiver, in order. */
  readonly received: readonly Received[]
  post(messages: readonly object[], traceparent?: string): Promise<number>
}

interface TracedOptions {
  readonly tracing: object
  /** Of the receiver, to the request of this number. */
  readonly reply?: (request: number) => Reply
  /** Of the stream. */
  readonly stream?: object
}

/** Resolves once its stream runs. */
export async function startTraced(t: ExecutionContext, options: TracedOptions): Promise<Traced> {
  const { tracing, reply = () => ({ kind: 'answer', status: 200 }), stream = {} } = options
  const received: Received[] = []
  const receiver = new HttpDouble({
    clock: systemClock,
    ledger: request => void received.push(request),
    reply: () => reply(received.length)
  })
  await receiver.start()
  t.teardown(() => receiver.stop())
  const topic = uniqueName('traced')
  const probed = await startProbed(t, {
    kafka: { brokers: testBrokers() },
    tracing,
    channels: { fleet: { topic, partitions: 1, sources: [{ http: {} }] } },
    streams: {
      acme: {
        ...{ from: ['fleet'], group: topic, start: 'earliest', retry: { minDelayMs: 1 } },
        ...stream,
        target: { http: { url: receiver.url } }
      }
    }
  })
  await probed.logged('service_started')
  const post = async (messages: readonly object[], traceparent?: string) => {
    const response = await fetch(`${probed.sourceUrl}/channels/fleet/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(traceparent && { traceparent }) },
      body: JSON.stringify(messages)
    })
    return response.status
  }
  return { ...probed, topic, received, post }
}
