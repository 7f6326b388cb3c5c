// The spans of a stream: each message whose record carries a sampled context has one, which ends with what became of it.

import test from 'ava'
import type { Outcome } from '../../../connectors/connector.ts'
import { failure, Rig } from '../stream/rig.ts'
import { RecordingTracing } from './recording.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

function setUp() {
  const rig = new Rig(1)
  const tracing = new RecordingTracing()
  rig.tracer = tracing
  const producer = rig.log.producer()
  /** One traced message of each device. */
  const send = async (...devices: string[]) => {
    const records = devices.map(device => ({
      ...{ key: Buffer.from(device), value: Buffer.from(`${device}:1`) },
      headers: { traceparent }
    }))
    const appended = producer.append('fleet', records)
    await rig.clock.advance(50)
    await appended
  }
  return { rig, tracing, send }
}

test('what carries no context has no span, and costs no attempt one', async t => {
  const { rig, tracing } = setUp()
  const { target } = await rig.started()
  await rig.send('a', 'b')
  await rig.clock.advance(1_000)
  t.is(target.confirmed.length, 2)
  t.deepEqual(tracing.spans, [])
})

test('a message that is delivered ends with its attempts, and the target is told of the context of each', async t => {
  const { rig, tracing, send } = setUp()
  const member = await rig.started()
  const told: (string | undefined)[] = []
  member.target.script = async ({ traceparent: context }): Promise<Outcome | undefined> => {
    told.push(context)
    return told.length < 3 ? failure('retry') : undefined
  }
  await send('a')
  await rig.clock.advance(60_000)
  t.deepEqual(tracing.outcomes, ['delivered'])
  const [message] = tracing.of('consumer')
  const attempts = tracing.of('client')
  t.is(message?.ended?.attributes['tailrace.attempts'], 3)
  t.true(attempts.every(({ parent }) => parent?.spanId === message?.context.spanId))
  t.deepEqual(
    told,
    attempts.map(({ context }) => `00-${traceId}-${context.spanId}-01`)
  )
  t.deepEqual(
    attempts.map(({ ended }) => ended?.error),
    ['target_threw', 'target_threw', undefined]
  )
})

test('a message that is refused, held or too old ends as that', async t => {
  const { rig, tracing, send } = setUp()
  const member = await rig.started({ ttlMs: 120_000 })
  const answers: Readonly<Record<string, Outcome>> = {
    a: failure('reject'),
    b: failure('reject', { scope: 'device' }),
    c: failure('retry', { scope: 'device' })
  }
  member.target.script = async ({ messages }) =>
    messages.map(message => answers[message.key() ?? ''] as Outcome) // of these devices
  await send('a', 'b', 'c')
  await rig.clock.advance(300_000)
  t.deepEqual(tracing.outcomes.toSorted(), ['dead_lettered', 'expired', 'held'])
})

test('what is pending when a stream stops is returned, and every span has ended', async t => {
  const { rig, tracing, send } = setUp()
  const member = await rig.started()
  member.target.script = (_, signal) =>
    new Promise(resolve => signal.addEventListener('abort', () => resolve(failure('unknown'))))
  await send('a', 'b')
  const stopped = member.stream.stop(1_000)
  await rig.clock.advance(10_000)
  await stopped
  t.deepEqual(tracing.outcomes, ['returned', 'returned'])
  t.true(tracing.spans.every(({ ended }) => ended !== null))
})

test('more than a thousand messages at a time are not traced, and are delivered all the same', async t => {
  const { rig, tracing, send } = setUp()
  const member = await rig.started()
  let isAway = true
  member.target.script = async () => (isAway ? failure('retry', { scope: 'device' }) : undefined)
  await send(...Array.from({ length: 1_100 }, (_, n) => `d${n}`))
  await rig.clock.advance(1_000)
  isAway = false
  await rig.clock.advance(120_000)
  t.is(member.target.confirmed.length, 1_100)
  t.is(tracing.of('consumer').length, 1_000)
  t.is(tracing.outcomes.length, 1_000)
})
