// What troubles of the target must not lead to: messages set aside that were not at fault, a stream that stands still
// or goes on when it must not, a state that is not true any more, memory that is not counted. In virtual time.

import test from 'ava'
import { type Batch, delivered, type Failure, type Outcome } from '../../../connectors/connector.ts'
import { decodeFacts } from '../../../processors/stream/settlement/dead-letter.ts'
import { failure, Rig, ScriptedTarget, text } from './rig.ts'

const devices = (count: number) => Array.from({ length: count }, (_, at) => `device-${at}`)
const has = (batch: Batch, value: string) => batch.messages.some(one => text(one) === value)
const never = new Promise<never>(() => {})
const quick = { minDelayMs: 500, maxDelayMs: 30_000, haltedDelayMs: 60_000 }

function scripted(
  script: ScriptedTarget['script'],
  destination?: (message: Batch['messages'][number]) => string
) {
  const target = new ScriptedTarget()
  target.script = script
  return destination === undefined ? target : Object.assign(target, { destination })
}

const answers = (answer: (message: string) => Outcome) =>
  scripted(async batch => batch.messages.map(message => answer(text(message))))

const byLetter = (message: Batch['messages'][number]) => text(message).slice(0, 1)

test('a success that was under way before a safety stop does not end it', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => {
    if (!has(batch, 'slow:1')) return batch.messages.map(() => failure('reject'))
    return new Promise(resolve => rig.clock.after(5_000, () => resolve(delivered)))
  })
  const { stream } = await rig.started({ safetyStop: { rejected: 5, of: 50 } }, target)
  await rig.send('slow')
  await rig.send(...devices(40))
  await rig.clock.advance(30_000)
  t.deepEqual(target.confirmed, ['slow:1'])
  t.is((await rig.dead()).length, 5)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' } })
})

test('an attempt of which only a part is taken does not end a safety stop', async t => {
  const rig = new Rig(1)
  let taken = ''
  const target = answers(message => (message === taken ? delivered : failure('reject')))
  const { stream } = await rig.started({ safetyStop: { rejected: 5, of: 50 } }, target)
  const sent = await rig.send(...devices(10))
  await rig.clock.advance(1_000)
  taken = sent.at(-1) ?? ''
  await rig.clock.advance(300_000)
  t.deepEqual(target.confirmed, [taken])
  t.is((await rig.dead()).length, 5)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' } })
})

for (const kind of ['retry', 'unknown'] as const) {
  test(`a message that always ends in ${kind} does not keep what comes after it from being tried`, async t => {
    const rig = new Rig(1)
    const target = scripted(async batch => (has(batch, 'a:1') ? failure(kind) : undefined))
    const { stream } = await rig.started({}, target)
    await rig.send('a')
    await rig.clock.advance(120_000)
    t.is(stream.status().state, 'waiting')
    const later = await rig.send('b', 'c')
    await rig.clock.advance(120_000)
    t.deepEqual(target.confirmed, later)
    t.deepEqual(await rig.dead(), kind === 'unknown' ? ['a:1'] : [])
  })
}

test('a message ends once, also when its time to live passes while that is looked at', async t => {
  const rig = new Rig(1)
  const target = new ScriptedTarget()
  target.script = async () =>
    target.batches.length === 1 ? failure('retry', { retryAfterMs: 59_990 }) : undefined
  const { stream, meter } = await rig.started({ ttlMs: 60_000 }, target)
  const now = rig.clock.now.bind(rig.clock)
  let passed = 0
  await rig.send(...devices(10))
  rig.clock.now = () => now() + passed++
  await rig.clock.advance(70_000)
  rig.clock.now = now
  const { expired, delivered: confirmed } = stream.status().accounts
  t.is(expired + confirmed, 10)
  t.is(target.confirmed.length, confirmed)
  t.is(meter.totals.imbalanced, undefined)
})

test('attempts that are given up because partitions move do not count against a message or its target', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => {
    if (!has(batch, 'a:1')) return undefined
    return new Promise(resolve => rig.clock.after(10_000, () => resolve(delivered)))
  })
  const { stream } = await rig.started({}, target)
  await rig.send('a')
  for (let round = 0; round < 6; round++) {
    rig.log.rejoin('tailrace.acme')
    await rig.send('b')
    await rig.clock.advance(7_000)
    t.is(stream.status().state, 'running')
  }
  await rig.clock.advance(60_000)
  t.deepEqual(await rig.dead(), [])
  t.true(target.confirmed.includes('a:1'))
  t.is(await rig.uncommitted(), 0)
})

test('a target that opens while partitions may be moving is sent nothing before they are assigned', async t => {
  const rig = new Rig(2)
  const closed = new ScriptedTarget()
  closed.openFails = new Error('not yet')
  const first = await rig.started({}, closed)
  const second = await rig.started(
    {},
    scripted(() => never)
  )
  await rig.send(...devices(20))
  await rig.clock.advance(1_000)
  let joins = 0
  const assigned = () => first.logged.filter(event => event === 'partitions_assigned').length
  joins = assigned()
  rig.log.rejoin('tailrace.acme')
  await rig.clock.until(() => first.logged.at(-1) === 'partitions_handed_back')
  closed.openFails = null
  await rig.clock.until(() => closed.batches.length > 0)
  t.true(assigned() > joins)
  t.not(second.stream.status().state, 'stopped')
})

test('a stream whose troubled messages have all expired is running', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => (has(batch, 'a:1') ? failure('retry') : undefined))
  const { stream } = await rig.started({ ttlMs: 20_000 }, target)
  await rig.send('a')
  await rig.clock.advance(60_000)
  t.is(stream.status().accounts.expired, 1)
  t.is(stream.status().state, 'running')
})

test('a partition whose batches stand behind an open breaker shows when that tries again', async t => {
  const rig = new Rig(1)
  const { stream } = await rig.started(
    {},
    scripted(async () => failure('unsent'))
  )
  await rig.send(...devices(20))
  await rig.clock.advance(120_000)
  const { trouble, partitions } = stream.status()
  t.is(stream.status().state, 'waiting')
  t.deepEqual(partitions[0]?.trouble, trouble)
  t.true(Date.parse(trouble?.nextAttempt ?? '') >= rig.clock.now())
})

test('what waits behind a slow attempt does not retain the fetches it came in', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => (has(batch, 'a:1') ? never : undefined))
  const { stream } = await rig.started({}, target)
  await rig.send('a')
  await rig.send('a', 'b', 'c', 'd')
  await rig.clock.advance(2_000)
  await rig.send('a', 'b', 'c', 'd')
  const [partition] = stream.partitions
  const [lane] = partition?.lanes ?? []
  const behind = lane?.empty() ?? []
  t.deepEqual(behind.map(text), ['a:2', 'a:6'])
  for (const message of behind) t.is(message.bytes.length, message.size + 'a'.length)
})

test('what comes back from a slow attempt, to wait longer, does not retain the fetch it came in', async t => {
  const rig = new Rig(1)
  const wait = failure('retry', { scope: 'device', retryAfterMs: 60_000 })
  const target = scripted(async batch => {
    if (!has(batch, 'a:1')) return undefined
    await new Promise<void>(resolve => rig.clock.after(3_000, resolve))
    return batch.messages.map(message => (text(message) === 'a:1' ? wait : delivered))
  })
  const { stream } = await rig.started({}, target)
  await rig.send('a', 'b', 'c')
  await rig.clock.advance(10_000)
  const [partition] = stream.partitions
  const [lane] = partition?.lanes ?? []
  const messages = lane?.empty() ?? []
  t.deepEqual(messages.map(text), ['a:1'])
  for (const message of messages) t.is(message.bytes.length, message.size + 'a'.length)
})

for (const [name, told] of [
  ['that are refused too often', failure('retry', { scope: 'device' })],
  ['that alone keep losing the connection', failure('unknown', { scope: 'device' })]
] as const satisfies readonly (readonly [string, Failure])[]) {
  test(`safety stop: messages ${name} count like those that are rejected`, async t => {
    const rig = new Rig(1)
    const target = answers(message => (message.startsWith('ok') ? delivered : told))
    const options = { retry: { ...quick, maxAttempts: 3 }, safetyStop: { rejected: 5, of: 50 } }
    const { stream } = await rig.started(options, target)
    await rig.send(...devices(40))
    for (let round = 0; round < 20; round++) {
      await rig.send('ok')
      await rig.clock.advance(2_000)
    }
    t.is((await rig.dead()).length, 5)
    t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' } })
  })
}

test('a dead letter of a device that was refused too often tells how often', async t => {
  const rig = new Rig(1)
  const target = answers(message =>
    message.startsWith('a') ? failure('retry', { scope: 'device' }) : delivered
  )
  await rig.started({ retry: { ...quick, maxAttempts: 3 } }, target)
  await rig.send('a')
  for (let round = 0; round < 10; round++) {
    await rig.send('b')
    await rig.clock.advance(5_000)
  }
  const [letter] = await rig.deadLetters()
  t.is(letter?.value?.toString(), 'a:1')
  t.is(decodeFacts(letter?.headers ?? [])?.attempts, 3)
})

test('maxAttempts: the message behind one that was rejected has attempts of its own', async t => {
  const rig = new Rig(1)
  let attempts = 0
  const target = answers(message => {
    if (message.startsWith('b')) return delivered
    attempts++
    if (attempts === 2) return failure('reject')
    return attempts <= 3 ? failure('retry', { scope: 'message' }) : delivered
  })
  await rig.started({ retry: { ...quick, maxAttempts: 2 } }, target)
  const [first, second] = await rig.send('a', 'a')
  for (let round = 0; round < 5; round++) {
    await rig.send('b')
    await rig.clock.advance(5_000)
  }
  t.deepEqual(await rig.dead(), [first])
  t.true(target.confirmed.includes(second ?? ''))
})

test('retry of the target: nothing is sent to any of its destinations meanwhile', async t => {
  const rig = new Rig(1)
  let isRefused = true
  const target = scripted(
    async batch =>
      batch.destination === 'a' && isRefused
        ? failure('retry', { scope: 'target', retryAfterMs: 30_000 })
        : undefined,
    byLetter
  )
  const { stream } = await rig.started({}, target)
  await rig.send('a')
  const later = await rig.send('b', 'c')
  await rig.clock.advance(29_000)
  t.is(target.batches.length, 1)
  t.is(stream.status().state, 'waiting')
  isRefused = false
  await rig.clock.advance(60_000)
  t.deepEqual(target.confirmed.toSorted(), ['a:1', ...later])
})

test('halt of a destination: the others go on, and one attempt at a time finds out when it is over', async t => {
  const rig = new Rig(1)
  let isHalted = true
  const target = scripted(
    async batch =>
      batch.destination === 'a' && isHalted ? failure('halt', { scope: 'destination' }) : undefined,
    byLetter
  )
  await rig.started({}, target)
  await rig.send('a', 'a', 'b')
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed, ['b:3'])
  await rig.send('b')
  await rig.clock.advance(121_000)
  t.deepEqual(target.confirmed, ['b:3', 'b:4'])
  t.is(target.batches.filter(([first]) => first?.startsWith('a')).length, 3)
  isHalted = false
  await rig.clock.advance(61_000)
  t.deepEqual(target.confirmed, ['b:3', 'b:4', 'a:1', 'a:2'])
})

test('unsent is no attempt: a message that could not be sent is never set aside for it', async t => {
  const rig = new Rig(1)
  const target = scripted(async batch => (has(batch, 'a:1') ? failure('unsent') : undefined))
  await rig.started({ retry: { ...quick, maxAttempts: 2 } }, target)
  await rig.send('a')
  for (let round = 0; round < 10; round++) {
    await rig.send('b')
    await rig.clock.advance(10_000)
  }
  t.deepEqual(await rig.dead(), [])
  t.is(await rig.uncommitted(), 11)
})
