// Several brokers, of which one hangs: it keeps nobody from the others.

import test from 'ava'
import { Mask } from '../../../../connectors/shared/mask.ts'
import { until } from '../../../flows/harness/until.ts'
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
  const silent = [await silentServer(), await silentServer()]
  t.teardown(() => silent.map(one => one.stop()))
  const scene = await sceneWith(t, { mirror: 1 })
  const brokers = [...silent.map(({ address }) => address), `127.0.0.1:${scene.double.port}`]
  const target = await scene.target({ brokers, connectTimeoutMs: 2_000 })
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

test('a broker that does not say who leads cuts nobody else, and another is asked', async t => {
  const topics = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`t${n}`, 2]))
  const leaderOf = (_: string, partition: number) => partition + 1
  let [isHung, held, afterMs] = [false, 0, 0]
  const holdsMetadata = () => {
    if (isHung) held++
    return isHung
  }
  const hung = await sceneWith(t, topics, { leaderOf, holdsMetadata })
  const others = [{ nodeId: 2, host: '127.0.0.1', port: hung.double.port }]
  const scene = await sceneWith(t, topics, { leaderOf, others, reply: () => ({ kind: 'answer', afterMs }) })
  const target = await scene.target({ topic: '{topic}', partition: 'keep', connectTimeoutMs: 2_000 })
  const deliver = async (topic: string, partition: number) =>
    kindsOf(await scene.deliver(target, messagesOf([JSON.stringify({ topic })], { keys: ['a'], partition })))
  t.deepEqual(await deliver('t0', 1), ['delivered'])
  isHung = true
  afterMs = 3_000
  const slow = deliver('t0', 0)
  await until('the slow one is on its way', () => scene.requests() === 1)
  afterMs = 0
  for (let n = 1; held === 0 && n < 40; n++) t.deepEqual(await deliver(`t${n}`, 0), ['delivered'])
  t.is(held, 1)
  t.deepEqual(await slow, ['delivered'])
})
