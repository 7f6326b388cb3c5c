// What steps remember over restarts: a stream that is stopped or killed anywhere sends what one sends that is not.

import test from 'ava'
import type { Fields } from '../../../../processors/expression/values.ts'
import { seeded } from '../../../seeded.ts'
import { type Member, Rig } from '../rig.ts'
import { put, shaping, stateTopic } from './shaping.ts'

const steps = [
  { dedupe: { by: ['timestamp', 'n'], last: 5 } },
  { fill: { fields: ['fuel'] } },
  { sample: { everySeconds: 60, keep: '$event == 1 && $event != previous("event")' } },
  { map: { 'since?': 'duration()' } }
]

/** Messages of a few devices, some of them repeats, some late, some without fuel. */
function messagesOf(seed: number, count: number): Fields[] {
  const random = seeded(seed)
  const messages: Fields[] = []
  for (let at = 0; at < count; at++) {
    const ident = `d${Math.floor(random() * 4)}`
    const repeated = messages.findLast(message => message.ident === ident)
    if (repeated !== undefined && random() < 0.15) {
      messages.push(repeated)
      continue
    }
    const timestamp = 1_000 + at * 10 - (random() < 0.1 ? 200 : 0)
    const fuel = random() < 0.3 ? { fuel: Math.floor(random() * 100) } : {}
    messages.push({ ident, timestamp, n: at, ...fuel, ...(random() < 0.2 && { event: 1 }) })
  }
  return messages
}

async function unbroken(messages: readonly Fields[]): Promise<string[]> {
  const rig = new Rig(1)
  const { stream, target } = await rig.started(shaping({ steps }))
  for (let at = 0; at < messages.length; at += 20) await put(rig, ...messages.slice(at, at + 20))
  await rig.clock.advance(5_000)
  await stream.stop(5_000)
  return target.confirmed
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
  test(`restarts in order change nothing of what is sent (seed ${seed})`, async t => {
    const messages = messagesOf(seed, 300)
    const expected = await unbroken(messages)
    const random = seeded(seed + 100)
    const rig = new Rig(1)
    const confirmed: string[] = []
    let member = await rig.started(shaping({ steps }))
    for (let at = 0; at < messages.length; at += 20) {
      await put(rig, ...messages.slice(at, at + 20))
      await rig.clock.advance(Math.floor(random() * 8_000))
      if (random() < 0.5) continue
      await member.stream.stop(5_000)
      confirmed.push(...member.target.confirmed)
      member = await rig.started(shaping({ steps }))
    }
    await rig.clock.advance(5_000)
    confirmed.push(...member.target.confirmed)
    t.deepEqual(confirmed, expected)
    t.true(expected.length > 50 && expected.length < messages.length)
    await member.stream.stop(1_000)
  })

for (const seed of [11, 12, 13, 14])
  test(`a process that takes over from one that hangs sends the same again, and goes on alike (seed ${seed})`, async t => {
    const messages = messagesOf(seed, 200)
    const expected = await unbroken(messages)
    const random = seeded(seed)
    const rig = new Rig(1)
    const confirmed: string[] = []
    const members: Member[] = []
    let member = await rig.started(shaping({ steps }))
    for (let at = 0; at < messages.length; at += 20) {
      await put(rig, ...messages.slice(at, at + 20))
      await rig.clock.advance(Math.floor(random() * 8_000))
      if (random() < 0.6) continue
      // What is under way is never answered, so nothing of it is committed.
      member.target.script = () => new Promise(() => {})
      members.push(member)
      confirmed.push(...member.target.confirmed.splice(0))
      await member.stream.stop(10)
      member = await rig.started(shaping({ steps }))
    }
    await rig.clock.advance(60_000)
    confirmed.push(...member.target.confirmed)
    t.deepEqual([...new Set(confirmed)], expected)
    await member.stream.stop(1_000)
  })

test('what is remembered is written once what it stands on is committed, and the next commit says so', async t => {
  const rig = new Rig(1)
  const { stream } = await rig.started(shaping({ steps: [{ sample: { everySeconds: 60 } }] }))
  await put(rig, { ident: 'a', timestamp: 100 }, { ident: 'b', timestamp: 100 })
  await rig.clock.advance(6_000)
  const [range] = await rig.admin.ranges(stateTopic)
  t.is(range?.end, 2)
  const [commit] = await rig.admin.committed('tailrace.acme', ['fleet'])
  t.regex(commit?.metadata ?? '', /;from=2$/)
  t.is(commit?.next, 2)
  await stream.stop(1_000)
})

test('of too many devices those silent longest are forgotten', async t => {
  const rig = new Rig(1)
  const options = shaping({ steps: [{ sample: { everySeconds: 60 } }], maxDevices: 2 })
  const { stream, target } = await rig.started(options)
  const message = (ident: string, timestamp: number) => ({ ident, timestamp })
  await put(
    rig,
    message('a', 1),
    message('b', 2),
    message('a', 3),
    message('c', 4),
    message('a', 5),
    message('b', 6)
  )
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed.map(value => JSON.parse(value).ident).toSorted(), ['a', 'b', 'b', 'c'])
  await stream.stop(1_000)
})

test('a commit that somebody has set back begins anew: later messages are not remembered', async t => {
  const rig = new Rig(1)
  const options = shaping({ steps: [{ sample: { everySeconds: 60 } }] })
  const first = await rig.started(options)
  await put(
    rig,
    { ident: 'a', timestamp: 100 },
    { ident: 'a', timestamp: 130 },
    { ident: 'a', timestamp: 170 }
  )
  await rig.clock.advance(12_000)
  await first.stream.stop(1_000)
  t.is(first.target.confirmed.length, 2)
  await rig.admin.moveOffsets('tailrace.acme', [
    { topic: 'fleet', partition: 0, next: 0, metadata: '1;birth=0' }
  ])
  const second = await rig.started(options)
  await rig.clock.advance(2_000)
  t.deepEqual(second.target.confirmed, first.target.confirmed)
  await second.stream.stop(1_000)
})
