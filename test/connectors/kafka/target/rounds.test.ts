// A batch that cannot be sent at once: devices whose messages go to several places, and parts that are refused as a whole.

import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { messagesOf } from '../../../messages.ts'
import { byPlace, kindsOf, sceneWith } from './harness.ts'

const invalidRecord = 87
const messageTooLarge = 10
const notLeader = 6

test('a device whose messages go to several topics sends them one topic after the other', async t => {
  const inFlight: string[][] = []
  const scene = await sceneWith(
    t,
    { red: 1, blue: 1 },
    {
      reply: parts => {
        inFlight.push(parts.map(({ topic, records }) => `${topic} ${records.map(({ value }) => value)}`))
        return { kind: 'answer' }
      }
    }
  )
  const target = await scene.target({ topic: '{to}' })
  const sent = ['red', 'red', 'blue', 'red'].map((to, n) => JSON.stringify({ to, n }))
  const outcomes = await scene.deliver(target, messagesOf(sent, { keys: ['a', 'a', 'a', 'a'] }))
  t.deepEqual(kindsOf(outcomes), ['delivered', 'delivered', 'delivered', 'delivered'])
  t.deepEqual(inFlight, [[`red ${sent[0]},${sent[1]}`], [`blue ${sent[2]}`], [`red ${sent[3]}`]])
})

test('where the first of them fails, the later ones are not sent; other devices are', async t => {
  const scene = await sceneWith(
    t,
    { red: 1, blue: 1 },
    {
      reply: () => ({ kind: 'answer', errorOf: ({ topic }) => (topic === 'red' ? notLeader : 0) })
    }
  )
  const target = await scene.target({ topic: '{to}' })
  const values = ['{"to":"red"}', '{"to":"blue"}', '{"to":"blue"}']
  const outcomes = await scene.deliver(target, messagesOf(values, { keys: ['a', 'a', 'b'] }))
  t.like(outcomes[0], { kind: 'unknown', code: 'kafka_target_leader_moved', scope: 'device' })
  t.like(outcomes[1], { kind: 'unsent', code: 'kafka_target_predecessor_failed', scope: 'device' })
  t.is(outcomes[2]?.kind, 'delivered')
  t.deepEqual(byPlace(scene.stored), { 'blue/0': ['b:{"to":"blue"}'] })
})

test('of a batch that is refused for one message only that one is rejected, and nothing is stored twice', async t => {
  const scene = await sceneWith(
    t,
    { mirror: 1 },
    {
      reply: () => ({
        kind: 'answer',
        errorOf: ({ records }) => (records.some(({ value }) => `${value}` === '6') ? invalidRecord : 0)
      })
    }
  )
  const values = Array.from({ length: 10 }, (_, n) => String(n))
  const keys = values.map(value => `device-${Number(value) % 3}`)
  const outcomes = await scene.deliver(await scene.target(), messagesOf(values, { keys }))
  t.deepEqual(
    kindsOf(outcomes),
    values.map(value => (value === '6' ? 'reject' : 'delivered'))
  )
  t.like(outcomes[6], { code: 'kafka_target_rejected', scope: undefined })
  t.deepEqual(
    scene.stored.map(({ value }) => String(value)),
    values.filter(value => value !== '6')
  )
})

test('a batch that is larger than the topic takes is sent in smaller parts', async t => {
  const scene = await sceneWith(
    t,
    { mirror: 1 },
    {
      reply: () => ({ kind: 'answer', errorOf: ({ bytes }) => (bytes > 2_000 ? messageTooLarge : 0) })
    }
  )
  const values = Array.from({ length: 20 }, (_, n) => `${n}${'x'.repeat(300)}`)
  const outcomes = await scene.deliver(
    await scene.target(),
    messagesOf(values, { keys: values.map(() => 'a') })
  )
  t.true(kindsOf(outcomes).every(kind => kind === 'delivered'))
  t.deepEqual(
    scene.stored.map(({ value }) => String(value)),
    values
  )
})

test('while nobody leads a partition its messages are unsent, and they go on when somebody does', async t => {
  let leader = -1
  const scene = await sceneWith(t, { mirror: 1 }, { leaderOf: () => leader })
  const target = await scene.target()
  const messages = messagesOf(['1'], { keys: ['a'] })
  t.like(await scene.deliver(target, messages), [{ kind: 'unsent', code: 'kafka_target_no_leader' }])
  leader = 1
  t.deepEqual(kindsOf(await scene.deliver(target, messages)), ['delivered'])
})

test('a partition that nobody leads does not keep the others waiting, nor those of other topics', async t => {
  const topics = { red: 2, blue: 1 }
  const leaderOf = (topic: string, partition: number) => (topic === 'red' && partition === 1 ? -1 : 1)
  const scene = await sceneWith(t, topics, { leaderOf })
  const target = await scene.target({ topic: '{to}', partition: 'keep' })
  const read = (values: string[], partition: number) =>
    messagesOf(values, { keys: values.map(value => `device-${value}`), partition })
  const messages = [
    ...read(['{"to":"red"}', '{"to":"blue"}'], 0),
    ...messagesOf(['{"to":"red","n":1}'], { keys: ['a'], partition: 1 })
  ]
  const outcomes = await scene.deliver(target, messages)
  t.deepEqual(kindsOf(outcomes), ['delivered', 'delivered', 'unsent'])
  t.like(outcomes[2], { code: 'kafka_target_no_leader', scope: 'device' })
})

const message = fc.record({
  device: fc.constantFrom('a', 'b', 'c'),
  to: fc.constantFrom('red', 'blue', 'green', 'none'),
  spot: fc.nat(2)
})

testProp(
  'whatever topics, keys and answers a batch meets, each device arrives in order, and none is delivered past a failure',
  [
    fc.array(message, { minLength: 1, maxLength: 30 }),
    fc.array(fc.constantFrom(0, 0, 0, notLeader, invalidRecord))
  ],
  async (t, plan, answers) => {
    const left = [...answers]
    const scene = await sceneWith(
      t,
      { red: 2, blue: 1, green: 3 },
      {
        reply: parts => {
          const codes = new Map(parts.map(part => [part, left.pop() ?? 0]))
          return { kind: 'answer', errorOf: part => codes.get(part) ?? 0 }
        }
      }
    )
    const target = await scene.target({ topic: '{to}', key: '{ident}-{spot}' })
    const values = plan.map(({ to, spot }, n) => JSON.stringify({ to, spot, n }))
    const keys = plan.map(({ device }) => device)
    const outcomes = await scene.deliver(target, messagesOf(values, { keys }))
    const arrived = new Set(scene.stored.map(({ value }) => JSON.parse(String(value)).n))
    const stopped = new Set<string>()
    outcomes.forEach((outcome, n) => {
      const device = keys[n] ?? ''
      if (outcome.kind === 'delivered') t.true(arrived.has(n) && !stopped.has(device))
      if (outcome.kind !== 'delivered' && (outcome.kind !== 'reject' || outcome.scope === 'device'))
        stopped.add(device)
      if (outcome.kind === 'unsent') t.false(arrived.has(n))
    })
    for (const device of ['a', 'b', 'c']) {
      const order = scene.stored
        .map(({ value }) => JSON.parse(String(value)).n)
        .filter(n => keys[n] === device)
      t.deepEqual(
        order,
        order.toSorted((one, other) => one - other)
      )
    }
    await target.close()
    await scene.double.stop()
  },
  { numRuns: 100 }
)
