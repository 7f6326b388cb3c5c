// What a stream shows of the trouble that its consumer has with Kafka.

import test from 'ava'
import type { LogConsumerHandlers } from '../../../connectors/kafka/log/log.ts'
import { FaultError } from '../../../schemas/errors.ts'
import { Rig } from './rig.ts'

/** A running stream, and what its consumer calls. */
async function started() {
  const rig = new Rig()
  const create = rig.log.consumer.bind(rig.log)
  let handlers: LogConsumerHandlers | undefined
  rig.log.consumer = options => {
    const consumer = create(options)
    const start = consumer.start.bind(consumer)
    consumer.start = given => {
      handlers = given
      return start(given)
    }
    return consumer
  }
  const { stream, logged } = await rig.started()
  if (handlers === undefined) throw new Error('the stream started no consumer')
  return { rig, stream, logged, handlers }
}

test('while Kafka is away the stream waits, with the reason, and runs when it is back', async t => {
  const { stream, handlers, logged } = await started()
  t.is(stream.status().state, 'running')
  handlers.onFault(new FaultError('kafka_unreachable', { detail: 'ECONNREFUSED' }))
  t.like(stream.status(), {
    state: 'waiting',
    trouble: { code: 'kafka_unreachable', detail: 'ECONNREFUSED' }
  })
  t.true(logged.includes('stream_waiting'))
  handlers.onRecovered()
  t.is(stream.status().state, 'running')
  t.is(stream.status().trouble, undefined)
})

for (const code of ['kafka_unauthorized', 'records_corrupt'] as const) {
  test(`${code} halts the stream until it is assigned anew`, async t => {
    const { rig, stream, handlers, logged } = await started()
    handlers.onFault(new FaultError(code))
    t.like(stream.status(), { state: 'halted', trouble: { code } })
    t.true(logged.includes('stream_halted'))
    rig.log.rejoin('tailrace.acme')
    await rig.clock.advance(1_000)
    t.is(stream.status().state, 'running')
  })
}
