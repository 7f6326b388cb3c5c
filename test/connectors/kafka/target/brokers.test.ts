// Several brokers, of which one hangs: it keeps nobody from the others.

import test from 'ava'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { messagesOf } from '../../../messages.ts'
import { silentServer } from '../silent-server.ts'
import { kindsOf, sceneWith } from './harness.ts'

const account = { username: 'tailrace', password: 'secret' }
const open = new AbortController().signal

test('a first broker that says nothing does not keep the target from the next', async t => {
  const silent = await silentServer()
  t.teardown(() => silent.stop())
  const scene = await sceneWith(t, { mirror: 1 })
  const brokers = [silent.address, `127.0.0.1:${scene.double.port}`]
  const target = await scene.target({ brokers, connectTimeoutMs: 3_000 })
  await target.open(open)
  t.deepEqual(kindsOf(await scene.deliver(target, messagesOf(['1'], { keys: ['a'] }))), ['delivered'])
})

test('a password of digits is hidden in what the client logs, and spoils no number in it', async t => {
  const scene = await sceneWith(t, { mirror: 1 }, { account })
  const lines: unknown[] = []
  const sasl = { mechanism: 'plain', username: 'tailrace', password: '0' } // stands in every correlation id that ends with it
  const env = { mask: new Mask(['0']), log: (_: string, fields?: object) => void lines.push(fields) }
  await t.throwsAsync((await scene.target({ sasl }, env)).open(open), { code: 'kafka_target_unauthorized' })
  t.true(lines.length > 0)
  t.notRegex(JSON.stringify(lines).replace(/:-?\d+(?=[,}])/g, ''), /0/)
})

test('where there is no time to try them all at once, the next attempt begins with the next', async t => {
  const silent = await silentServer()
  t.teardown(() => silent.stop())
  const scene = await sceneWith(t, { mirror: 1 })
  const brokers = [silent.address, `127.0.0.1:${scene.double.port}`]
  const target = await scene.target({ brokers, connectTimeoutMs: 300 })
  await t.throwsAsync(target.open(open), { code: 'kafka_target_connect_timeout' })
  await t.notThrowsAsync(target.open(open))
})

test('a leader that lets nobody in cuts nobody else, and is told after connectTimeoutMs', async t => {
  const silent = await silentServer()
  t.teardown(() => silent.stop())
  const scene = await sceneWith(
    t,
    { mirror: 2 },
    {
      account,
      others: [{ nodeId: 2, host: '127.0.0.1', port: silent.port }],
      leaderOf: (_, partition) => partition + 1,
      reply: () => ({ kind: 'answer', afterMs: 6_000 })
    }
  )
  const target = await scene.target({
    partition: 'keep',
    connectTimeoutMs: 1_500,
    sasl: { mechanism: 'plain', ...account }
  })
  const messages = (partition: number) => messagesOf(['1'], { keys: [`device-${partition}`], partition })
  const order: number[] = []
  const deliver = async (partition: number) => {
    const outcomes = await scene.deliver(target, messages(partition))
    order.push(partition)
    return outcomes
  }
  const [well, hung] = await Promise.all([deliver(0), deliver(1)])
  t.deepEqual(order, [1, 0])
  t.deepEqual(kindsOf(well), ['delivered'])
  t.like(hung, [{ kind: 'unsent', code: 'kafka_target_connect_timeout', scope: 'device' }])
  t.is(scene.requests(), 1)
})

test('a broker that leaves a request without an answer cuts nobody else', async t => {
  const answers = { '0': 'hold', '1': 'answer' } as const
  const slow = await sceneWith(t, { mirror: 2 }, { reply: () => ({ kind: 'answer', afterMs: 900 }) })
  const scene = await sceneWith(
    t,
    { mirror: 2 },
    {
      others: [{ nodeId: 2, host: '127.0.0.1', port: slow.double.port }],
      leaderOf: (_, partition) => partition + 1,
      reply: ([part]) => ({ kind: answers[part?.partition === 0 ? '0' : '1'] })
    }
  )
  const target = await scene.target({ partition: 'keep', ackTimeoutMs: 1_200 })
  const messages = (partition: number) => messagesOf(['1'], { keys: [`device-${partition}`], partition })
  const hung = scene.deliver(target, messages(0))
  t.deepEqual(kindsOf(await scene.deliver(target, messages(1))), ['delivered'])
  const second = scene.deliver(target, messages(1))
  t.like(await hung, [{ kind: 'unknown', code: 'kafka_target_ack_timeout' }])
  t.deepEqual(kindsOf(await second), ['delivered'])
  t.is(slow.requests(), 2)
})
