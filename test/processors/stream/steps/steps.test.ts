// Streams with steps, over the log in memory: what is sent, what is not, and how it is counted.

import test from 'ava'
import { Rig } from '../rig.ts'
import { put, shaping, Table } from './shaping.ts'

test('what a filter drops is settled and counted, what passes unchanged goes on as the very bytes it came in', async t => {
  const rig = new Rig(1)
  const { stream, target, meter } = await rig.started(shaping({ steps: [{ filter: 'speed > 50' }] }))
  const odd = '{ "ident":"x", "speed" : 6e1,"n": 12345678901234567890 }'
  await put(rig, { ident: 'a', speed: 40 }, odd, { ident: 'b' }, { ident: 'a', speed: 70 })
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed, [odd, '{"ident":"a","speed":70}'])
  t.like(meter.totals, { read: 4, filtered: 2, delivered: 2, imbalanced: undefined })
  t.is(await rig.uncommitted(), 0)
  t.is(stream.status().lag, 0)
  await stream.stop(1_000)
})

test('a message that steps change is sent as they made it, with its key, offset and time', async t => {
  const rig = new Rig(1)
  const seen: unknown[] = []
  const member = rig.member(
    shaping({ steps: [{ map: { kmh: 'round(speed * 3.6)' } }, { select: ['ident', 'kmh'] }] })
  )
  member.target.script = async batch => {
    for (const message of batch.messages) seen.push([message.key(), message.id(), message.value().toString()])
    return undefined
  }
  await member.stream.start()
  await rig.clock.advance(1_000)
  await put(rig, { ident: 'a', speed: 10 }, { ident: 'ж', speed: 20 })
  await rig.clock.advance(1_000)
  t.deepEqual(seen, [
    ['a', 'fleet-0-0', '{"ident":"a","kmh":36}'],
    ['ж', 'fleet-0-1', '{"ident":"ж","kmh":72}']
  ])
  await member.stream.stop(1_000)
})

test('a message that a step fails on goes to the dead letters as it came, and the others go on', async t => {
  const rig = new Rig(1)
  const { stream, target, meter } = await rig.started(shaping({ steps: [{ map: { v: 'speed / n' } }] }))
  await put(rig, { ident: 'a', speed: 1, n: 0 }, { ident: 'a', speed: 1, n: 2 }, 'no json', { ident: 'b' })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed, ['{"ident":"a","speed":1,"n":2,"v":0.5}'])
  t.deepEqual(await rig.dead(), ['{"ident":"a","speed":1,"n":0}', 'no json', '{"ident":"b"}'])
  const letters = await rig.deadLetters()
  const headers = letters.map(letter =>
    Object.fromEntries(letter.headers.map(({ key, value }) => [key, value?.toString()]))
  )
  t.like(headers[0], {
    'tailrace.code': 'step_failed',
    'tailrace.answer':
      'steps[0].map, field "v": / by zero, or the result is too large (at 7 of the expression)',
    'tailrace.raw': 'true',
    'tailrace.attempts': '0'
  })
  t.is(headers[1]?.['tailrace.answer'], 'it is no JSON object')
  t.like(meter.totals, { read: 4, dead_lettered: 3, delivered: 1, imbalanced: undefined })
  t.is(await rig.uncommitted(), 0)
  await stream.stop(1_000)
})

test('what the target refuses is set aside as it was sent', async t => {
  const rig = new Rig(1)
  const member = rig.member(shaping({ steps: [{ select: ['ident'] }] }))
  member.target.script = async () => ({ kind: 'reject', code: 'http_rejected', detail: '422' })
  await member.stream.start()
  await rig.clock.advance(1_000)
  await put(rig, { ident: 'a', speed: 1 })
  await rig.clock.advance(2_000)
  t.deepEqual(await rig.dead(), ['{"ident":"a"}'])
  t.false((await rig.deadLetters())[0]?.headers.some(({ key }) => key === 'tailrace.raw'))
  await member.stream.stop(1_000)
})

test('messages too old by their own timestamp are counted as expired', async t => {
  const rig = new Rig(1)
  const { stream, target, meter } = await rig.started(
    shaping({ steps: [{ expire: { olderThanSeconds: 60 } }] })
  )
  const now = rig.clock.now() / 1000
  await put(rig, { ident: 'a', timestamp: now - 100 }, { ident: 'a', timestamp: now - 10 })
  await rig.clock.advance(1_000)
  t.is(target.confirmed.length, 1)
  t.like(meter.totals, { expired: 1, delivered: 1, imbalanced: undefined })
  await stream.stop(1_000)
})

test('a filter that drops nearly everything lets others have their turn', async t => {
  const rig = new Rig(1)
  const records = Array.from({ length: 20_000 }, (_, at) => ({ ident: 'a', n: at }))
  for (let at = 0; at < records.length; at += 2_000) await put(rig, ...records.slice(at, at + 2_000))
  const { stream, target, meter } = await rig.started({
    ...shaping({ steps: [{ filter: 'n % 1000 == 999' }] }),
    budget: { windowBytes: 10_000_000, maxFetchBytes: 1_000_000 }
  })
  await rig.clock.advance(2_000)
  t.is(target.confirmed.length, 20)
  t.like(meter.totals, { read: 20_000, filtered: 19_980, imbalanced: undefined })
  await stream.stop(1_000)
})

test('an unwanted record is filtered before it is decoded', async t => {
  const rig = new Rig(1)
  const isWanted = ({ bytes, keyStart, keyEnd }: { bytes: Buffer; keyStart: number; keyEnd: number }) =>
    bytes.toString('utf8', keyStart, keyEnd) === 'a'
  const { stream, target, meter } = await rig.started({ isWanted, ...shaping({ steps: [{ drop: ['n'] }] }) })
  await put(rig, 'no json', { ident: 'a', n: 1 }, { ident: 'b', n: 2 })
  await rig.clock.advance(1_000)
  t.deepEqual(target.confirmed, ['{"ident":"a"}'])
  t.like(meter.totals, { read: 3, filtered: 2, delivered: 1 })
  await stream.stop(1_000)
})

test('a device without a required attribute waits with that reason, and goes out in order once it has it', async t => {
  const rig = new Rig(1)
  const attributes = new Table()
  attributes.set('b', { plate: 'B' })
  const options = shaping({
    attributes,
    requires: ['plate'],
    steps: [{ enrich: { attributes: ['*'], prefix: '' } }]
  })
  const { stream, target, meter } = await rig.started(options)
  await put(rig, { ident: 'a', n: 1 }, { ident: 'b', n: 2 }, { ident: 'a', n: 3 })
  await put(rig, { ident: 'a', n: 4 }, { ident: 'b', n: 5 })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed, ['{"ident":"b","n":2,"plate":"B"}', '{"ident":"b","n":5,"plate":"B"}'])
  t.is(await rig.uncommitted(), 0)
  const [held] = stream.status().partitions.flatMap(() => stream.status().held)
  t.like(held, { devices: 1, messages: 3 })
  attributes.set('a', { plate: 'A' })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed.slice(2), [
    '{"ident":"a","n":1,"plate":"A"}',
    '{"ident":"a","n":3,"plate":"A"}',
    '{"ident":"a","n":4,"plate":"A"}'
  ])
  await put(rig, { ident: 'a', n: 6 })
  await rig.clock.advance(2_000)
  t.is(target.confirmed.at(-1), '{"ident":"a","n":6,"plate":"A"}')
  t.like(stream.status().held, { devices: 0, messages: 0 })
  t.is(meter.totals.imbalanced, undefined)
  await stream.stop(1_000)
})

test('a device that waits for an attribute is known after a restart, and nothing of it is sent twice', async t => {
  const rig = new Rig(1)
  const attributes = new Table()
  const options = shaping({
    attributes,
    requires: ['plate'],
    steps: [{ filter: 'n != 2' }, { enrich: { attributes: ['*'], prefix: '' } }]
  })
  const first = await rig.started(options)
  await put(rig, { ident: 'a', n: 1 }, { ident: 'a', n: 2 })
  await rig.clock.advance(2_000)
  await first.stream.stop(5_000)
  await put(rig, { ident: 'a', n: 3 })
  const second = await rig.started(options)
  await rig.clock.advance(2_000)
  t.like(second.stream.status().held, { devices: 1, messages: 3 })
  attributes.set('a', { plate: 'A' })
  await rig.clock.advance(5_000)
  t.deepEqual(second.target.confirmed, ['{"ident":"a","n":1,"plate":"A"}', '{"ident":"a","n":3,"plate":"A"}'])
  t.like(second.stream.status().held, { devices: 0, messages: 0 })
  t.like(second.meter.totals, { filtered: 1, imbalanced: undefined })
  await second.stream.stop(1_000)
})

test('where no device may wait, messages of one that lacks an attribute go to the dead letters with that reason', async t => {
  const rig = new Rig(1)
  const held = { topic: 'tailrace.acme.held', holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }
  const { stream, target } = await rig.started({ held, ...shaping({ requires: ['plate'] }) })
  await put(rig, { ident: 'a', n: 1 }, { ident: 'a', n: 2 })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed, [])
  t.deepEqual(await rig.dead(), ['{"ident":"a","n":1}', '{"ident":"a","n":2}'])
  const [letter] = await rig.deadLetters()
  const code = letter?.headers.find(({ key }) => key === 'tailrace.code')?.value?.toString()
  t.is(code, 'attribute_missing')
  await stream.stop(1_000)
})

test('a device whose attribute goes away while its messages are on their way keeps its order', async t => {
  const rig = new Rig(1)
  const attributes = new Table()
  attributes.set('a', { plate: 'A' })
  const member = rig.member(shaping({ attributes, requires: ['plate'] }))
  let answer: () => void = () => {}
  member.target.script = () =>
    new Promise(resolve => {
      answer = () => resolve(undefined)
    })
  await member.stream.start()
  await rig.clock.advance(1_000)
  await put(rig, { ident: 'a', n: 1 })
  attributes.set('a', null)
  await put(rig, { ident: 'a', n: 2 }, { ident: 'a', n: 3 })
  t.deepEqual(member.target.batches, [['{"ident":"a","n":1}']])
  answer()
  await rig.clock.advance(2_000)
  t.like(member.stream.status().held, { devices: 1, messages: 2 })
  member.target.script = async () => undefined
  attributes.set('a', { plate: 'A' })
  await rig.clock.advance(2_000)
  t.deepEqual(member.target.confirmed, ['{"ident":"a","n":1}', '{"ident":"a","n":2}', '{"ident":"a","n":3}'])
  await member.stream.stop(1_000)
})

test('when steps reject nearly everything the stream halts instead, and what is left stays in Kafka', async t => {
  const rig = new Rig(1)
  const options = {
    safetyStop: { rejected: 5, of: 20 },
    ...shaping({ steps: [{ map: { v: 'speed + 1' } }] })
  }
  const { stream, target } = await rig.started(options)
  await put(rig, ...Array.from({ length: 100 }, (_, n) => ({ ident: `d${n % 7}`, n })))
  await rig.clock.advance(10_000)
  t.like(stream.status(), { state: 'halted', trouble: { code: 'too_many_rejected' } })
  t.regex(
    stream.status().trouble?.detail ?? '',
    /step_failed: steps\[0\]\.map, field "v": the message has no "speed"/
  )
  t.is((await rig.dead()).length, 6)
  t.is(await rig.uncommitted(), 94)
  await rig.clock.advance(600_000)
  t.true((await rig.dead()).length <= 17, 'one a minute')
  t.deepEqual(target.confirmed, [])
  await stream.stop(1_000)
})

test('a message without a key that lacks an attribute is set aside, since there is no device that could wait', async t => {
  const rig = new Rig(1)
  const { stream, target } = await rig.started(shaping({ requires: ['plate'] }))
  const appended = rig.log.producer().append('fleet', [
    { key: null, value: Buffer.from('{"n":1}'), partition: 0 },
    { key: null, value: Buffer.from('{"n":2}'), partition: 0 }
  ])
  await rig.clock.advance(2_000)
  await appended
  t.deepEqual(target.confirmed, [])
  t.deepEqual(await rig.dead(), ['{"n":1}', '{"n":2}'])
  t.is(await rig.uncommitted(), 0)
  await stream.stop(1_000)
})

test('with order: partition only the messages of the device that lacks an attribute are set aside', async t => {
  const rig = new Rig(1)
  const attributes = new Table()
  attributes.set('b', { plate: 'B' })
  const held = { topic: 'tailrace.acme.held', holdsDevices: false, maxDelayMs: 60_000, maxMs: 3_600_000 }
  const options = { held, order: 'partition' as const, ...shaping({ attributes, requires: ['plate'] }) }
  const { stream, target } = await rig.started(options)
  await put(rig, { ident: 'b', n: 1 }, { ident: 'a', n: 2 }, { ident: 'b', n: 3 })
  await rig.clock.advance(2_000)
  t.deepEqual(target.confirmed, ['{"ident":"b","n":1}', '{"ident":"b","n":3}'])
  t.deepEqual(await rig.dead(), ['{"ident":"a","n":2}'])
  await stream.stop(1_000)
})

test('what is released and refused once more meets the steps again as if for the first time', async t => {
  const rig = new Rig(1)
  const attributes = new Table()
  const steps = [{ sample: { everySeconds: 60 } }]
  const member = rig.member(shaping({ attributes, requires: ['plate'], steps }))
  await member.stream.start()
  await rig.clock.advance(1_000)
  await put(rig, ...[0, 20, 40, 60, 80, 120].map(timestamp => ({ ident: 'a', timestamp })))
  await rig.clock.advance(2_000)
  let refusals = 2
  member.target.script = async () =>
    refusals-- > 0
      ? { kind: 'reject', scope: 'device', code: 'http_device_refused', detail: '404' }
      : undefined
  attributes.set('a', { plate: 'A' })
  await rig.clock.advance(300_000)
  t.deepEqual(
    member.target.confirmed.map(value => JSON.parse(value).timestamp),
    [0, 60, 120]
  )
  t.like(member.stream.status().held, { devices: 0, messages: 0 })
  t.is(member.meter.totals.imbalanced, undefined)
  await member.stream.stop(1_000)
})
