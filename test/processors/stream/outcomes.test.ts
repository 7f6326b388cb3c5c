// What the engine does with every kind of outcome, in virtual time: the table of dispatch/outcome/aftermath.ts, line
// by line.

import test from 'ava'
import { type Batch, delivered, type Failure, type Outcome } from '../../../connectors/connector.ts'
import { byDevice, failure, isInOrder, Rig, ScriptedTarget, text } from './rig.ts'

const devices = (count: number) => Array.from({ length: count }, (_, at) => `device-${at}`)
const has = (batch: Batch, value: string | undefined) => batch.messages.some(one => text(one) === value)

function scripted(script: ScriptedTarget['script']): ScriptedTarget {
  const target = new ScriptedTarget()
  target.script = script
  return target
}

/** Fails the batches that hold one of `messages`, as a whole. */
const failsFor = (messages: readonly string[], kind: Failure['kind']) =>
  scripted(async batch => (messages.some(message => has(batch, message)) ? failure(kind) : undefined))

/** Answers for each message by itself. */
const answers = (answer: (message: string) => Outcome) =>
  scripted(async batch => batch.messages.map(message => answer(text(message))))

for (const kind of ['retry', 'unsent', 'unknown'] as const) {
  test(`${kind}: the same batch is sent again after its back-off, and the others go on`, async t => {
    const rig = new Rig(1)
    let failures = 2
    const target = scripted(async batch =>
      has(batch, 'device-0:1') && failures-- > 0 ? failure(kind) : undefined
    )
    const { stream } = await rig.started({}, target)
    const sent = await rig.send(...devices(25))
    t.is(target.confirmed.length, 15)
    await rig.clock.advance(10_000)
    t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
    const again = target.batches.filter(batch => batch.includes('device-0:1'))
    t.deepEqual(again, Array(3).fill(sent.slice(0, 10)))
    t.is(stream.status().state, 'running')
    t.is(await rig.uncommitted(), 0)
  })
}

test('the wait that a target asks for is a minimum, for everything that goes there', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () =>
    target.batches.length === 1 ? failure('retry', { retryAfterMs: 90_000 }) : undefined
  const { stream } = await rig.started({}, target)
  await rig.send('a')
  await rig.send('b')
  await rig.clock.advance(89_000)
  t.is(target.batches.length, 1)
  t.like(stream.status(), { state: 'waiting', trouble: { code: 'target_threw' } })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed, ['a:1', 'b:2'])
})

test('retry of one device: it waits, and the rest of its batch and its partition go on', async t => {
  const rig = new Rig(1)
  let isRefused = true
  const target = answers(message =>
    message.startsWith('a') && isRefused ? failure('retry', { scope: 'device' }) : delivered
  )
  const { stream } = await rig.started({}, target)
  const sent = await rig.send('a', 'b', 'a', 'c')
  sent.push(...(await rig.send('a', 'b')))
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed, ['b:2', 'c:4', 'b:6'])
  t.like(stream.status(), { state: 'running', pending: 3 })
  t.like(stream.status().partitions[0], { state: 'waiting', waitingDevices: 1 })
  isRefused = false
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
  t.true(isInOrder(target.confirmed))
})

test('a device that was refused is tried with its oldest message alone until that is taken', async t => {
  const rig = new Rig(1)
  let isRefused = true
  const target = answers(message =>
    message.startsWith('a') && isRefused ? failure('retry', { scope: 'device' }) : delivered
  )
  await rig.started({}, target)
  const sent = await rig.send('a', 'a', 'a', 'b')
  await rig.clock.advance(60_000)
  isRefused = false
  await rig.clock.advance(60_000)
  const [first, ...later] = target.batches
  t.deepEqual(first, sent)
  t.deepEqual(later.pop(), sent.slice(1, 3))
  t.true(later.length > 3)
  for (const batch of later) t.deepEqual(batch, sent.slice(0, 1))
})

test('after its first failure no later message of a device counts as delivered', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  const first: Outcome[] = [delivered, delivered, failure('retry'), delivered]
  target.script = async () => (target.batches.length === 1 ? first : undefined)
  const { meter } = await rig.started({}, target)
  const [a1, b2, b3, a4] = await rig.send('a', 'b', 'b', 'a')
  await rig.clock.advance(5_000)
  t.deepEqual(target.batches, [
    [a1, a4, b2, b3],
    [b2, b3]
  ])
  t.is(meter.totals.possibleDuplicates, 1)
  t.is(await rig.uncommitted(), 0)
})

test('messages that may have arrived are counted as possible duplicates', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () => (target.batches.length === 1 ? failure('unknown') : undefined)
  const { meter } = await rig.started({}, target)
  await rig.send('a', 'a', 'a')
  await rig.clock.advance(5_000)
  t.is(meter.totals.possibleDuplicates, 3)
})

test('reject of a whole batch: it is bisected until the culprits stand alone, and only they are set aside', async t => {
  const rig = new Rig(1)
  const culprits = ['device-3:4', 'device-17:18']
  const target = failsFor(culprits, 'reject')
  const { stream } = await rig.started({}, target)
  const sent = await rig.send(...devices(30))
  await rig.clock.advance(5_000)
  t.deepEqual((await rig.dead()).toSorted(), culprits.toSorted())
  t.deepEqual(target.confirmed.toSorted(), sent.filter(message => !culprits.includes(message)).toSorted())
  t.is(new Set(target.confirmed).size, target.confirmed.length)
  t.like(stream.status().accounts, { read: 30, delivered: 28, dead_lettered: 2 })
  t.is(stream.status().lastDeadLetter?.code, 'target_threw')
  t.is(await rig.uncommitted(), 0)
})

test('the half behind one that passed is not tried as a whole: what was refused must be in it', async t => {
  const rig = new Rig(1)
  const culprit = 'device-15:16'
  const target = Object.assign(failsFor([culprit], 'reject'), {
    limits: { maxMessages: 16, maxBytes: 100_000, batchesInFlight: 1 }
  })
  await rig.started({}, target)
  const sent = await rig.send(...devices(16))
  await rig.clock.advance(5_000)
  t.deepEqual(
    target.batches.map(batch => batch.length),
    [16, 8, 4, 2, 1, 1]
  )
  t.deepEqual(await rig.dead(), [culprit])
  t.deepEqual(target.confirmed, sent.slice(0, 15))
})

test('reject of one message: its device goes on in order', async t => {
  const rig = new Rig(1)
  const target = answers(message => (message === 'a:2' ? failure('reject') : delivered))
  await rig.started({}, target)
  await rig.send('a', 'a', 'a')
  await rig.clock.advance(1_000)
  t.deepEqual(await rig.dead(), ['a:2'])
  t.deepEqual(target.confirmed, ['a:1', 'a:3'])
  t.is(await rig.uncommitted(), 0)
})

test('unknown three times for the same batch: it is bisected, and the message that keeps losing the connection is set aside', async t => {
  const rig = new Rig(1)
  const target = failsFor(['device-5:6'], 'unknown')
  await rig.started({}, target)
  const sent = await rig.send(...devices(40))
  await rig.clock.advance(600_000)
  t.deepEqual(await rig.dead(), ['device-5:6'])
  t.deepEqual(target.confirmed.toSorted(), sent.filter(message => message !== 'device-5:6').toSorted())
  t.is(await rig.uncommitted(), 0)
})

test('a message is never set aside while nothing else passes', async t => {
  const rig = new Rig(1)
  const target = scripted(async () => failure('unknown'))
  await rig.started({ retry: { ...quick, maxAttempts: 3 } }, target)
  await rig.send('a')
  await rig.send('b')
  await rig.clock.advance(3_600_000)
  t.deepEqual(await rig.dead(), [])
  t.is(await rig.uncommitted(), 2)
})

const quick = { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 }

test('maxAttempts: a message that is refused so often while others pass is set aside', async t => {
  const rig = new Rig(1)
  const target = answers(message =>
    message.startsWith('a') ? failure('retry', { scope: 'device' }) : delivered
  )
  await rig.started({ retry: { ...quick, maxAttempts: 4 } }, target)
  await rig.send('a', 'b')
  for (let round = 0; round < 20; round++) {
    await rig.send('b')
    await rig.clock.advance(30_000)
  }
  t.deepEqual(await rig.dead(), ['a:1'])
  t.is(target.batches.filter(batch => batch.includes('a:1')).length, 4)
})

test('maxAttempts: the message behind one that was set aside has attempts of its own', async t => {
  const rig = new Rig(1)
  let refusals = 6
  const target = answers(message =>
    message.startsWith('a') && refusals-- > 0 ? failure('retry', { scope: 'device' }) : delivered
  )
  await rig.started({ retry: { ...quick, maxAttempts: 4 } }, target)
  await rig.send('a', 'a', 'b')
  for (let round = 0; round < 20; round++) {
    await rig.send('b')
    await rig.clock.advance(30_000)
  }
  t.deepEqual(await rig.dead(), ['a:1'])
  t.true(target.confirmed.includes('a:2'))
})

test('halt: nothing is sent but a slow probe, nothing is lost, and it resumes by itself', async t => {
  const rig = new Rig(4)
  const target = new ScriptedTarget()
  let isMended = false
  target.script = async () => (isMended ? undefined : failure('halt'))
  const { stream, logged } = await rig.started({}, target)
  await rig.send('a')
  const sent = await rig.send(...devices(40))
  await rig.clock.advance(1_000)
  const attempts = target.batches.length
  t.like(stream.status(), { state: 'halted', trouble: { code: 'target_threw', detail: 'ordered by a test' } })
  t.true(logged.includes('stream_halted'))
  await rig.clock.advance(300_000)
  t.is(target.batches.length, attempts + 5)
  t.is(await rig.uncommitted(), sent.length + 1)
  isMended = true
  await rig.clock.advance(61_000)
  t.is(await rig.uncommitted(), 0)
  t.is(stream.status().state, 'running')
  t.deepEqual(await rig.dead(), [])
})

test('safety stop: a target that rejects too much halts the stream, and resumes it by taking something', async t => {
  const rig = new Rig(1)
  let isBroken = true
  const target = answers(() => (isBroken ? failure('reject') : delivered))
  const { stream } = await rig.started({ safetyStop: { rejected: 5, of: 50 } }, target)
  const sent = await rig.send(...devices(40))
  await rig.clock.advance(180_000)
  t.is((await rig.dead()).length, 5)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' } })
  isBroken = false
  await rig.clock.advance(61_000)
  t.is(stream.status().state, 'running')
  t.is(target.confirmed.length, sent.length - 5)
})

test('a destination that fails again and again is left alone but for one attempt at a time', async t => {
  const rig = new Rig(1)
  let isDown = true
  const target = scripted(async () => (isDown ? failure('unsent') : undefined))
  const { stream } = await rig.started({ retry: { ...quick, minDelayMs: 10_000 } }, target)
  const sent = await rig.send(...devices(200))
  const before = target.batches.length
  await rig.clock.advance(300_000)
  t.true(target.batches.length - before < 40)
  t.is(stream.status().state, 'waiting')
  isDown = false
  await rig.clock.advance(30_000)
  t.deepEqual(target.confirmed.toSorted(), sent.toSorted())
})

test('one destination that is down does not hold up the others', async t => {
  const rig = new Rig(2)
  const target = Object.assign(
    scripted(async batch => (batch.destination === 'a' ? failure('unsent') : undefined)),
    { destination: (message: Batch['messages'][number]) => text(message).slice(0, 1) }
  )
  const { stream } = await rig.started({}, target)
  const sent = await rig.send('a', 'b', 'a', 'c', 'b')
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), sent.filter(message => !message.startsWith('a')).toSorted())
  t.is(stream.status().state, 'waiting') // for by now there is nothing left but what goes there
  for (const batch of target.batches) t.is(new Set(batch.map(message => message[0])).size, 1)
})

test('a message past its time to live is not sent, first or again', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => (has(batch, 'a:1') ? failure('retry') : undefined))
  const { stream } = await rig.started({ ttlMs: 60_000 }, target)
  await rig.send('a', 'b')
  await rig.clock.advance(61_000)
  const attempts = target.batches.length
  await rig.clock.advance(61_000)
  t.is(target.batches.length, attempts)
  t.is(stream.status().accounts.expired, 2)
  t.is(await rig.uncommitted(), 0)
})

for (const [order, isAtOnce] of [
  ['partition', false],
  ['none', true]
] as const) {
  test(`order: ${order}: the messages of a device are ${isAtOnce ? '' : 'not '}sent at the same time`, async t => {
    const rig = new Rig(1)
    const target = scripted(() => new Promise(() => {}))
    target.script = () => new Promise(() => {})
    await rig.started({ order }, target)
    await rig.send(...Array(15).fill('a'), ...Array(15).fill('b'))
    await rig.clock.advance(1_000)
    t.is(target.batches.length, isAtOnce ? 3 : 1)
    t.deepEqual(target.batches[0]?.length, 10)
  })
}

test('what was settled ahead of a waiting device is not sent again after a crash', async t => {
  const rig = new Rig(1)
  const waits = () =>
    answers(message => (message.startsWith('a') ? failure('retry', { scope: 'device' }) : delivered))
  await rig.started({}, waits())
  await rig.send('a', 'b', 'c', 'a')
  const sent = await rig.send(...devices(30))
  await rig.clock.advance(1_000)
  rig.log.expireMembers('tailrace.acme') // the process is gone: it says nothing more
  const second = await rig.started()
  await rig.clock.advance(20_000)
  const again = [...byDevice(second.target.confirmed).keys()]
  t.deepEqual(again, ['a'])
  t.is(second.stream.status().accounts.already_settled, sent.length + 2)
})
