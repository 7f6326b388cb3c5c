import test from 'ava'
import { MemoryLog } from '../../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../../connectors/virtual-clock.ts'
import { type Filter, type Finding, findLetters } from '../../../../processors/commands/dead-letters/find.ts'
import { letterOf as read } from '../../../../processors/commands/dead-letters/letter.ts'
import { deadLetterOf } from '../../../../processors/stream/settlement/dead-letter.ts'
import { messagesOf } from '../../stream/settlement/messages.ts'

const minuteMs = 60_000

/** 300 letters, one a minute, of 3 devices in turn; every tenth was too large, the others were rejected. */
async function setUp(partitions = 1) {
  const clock = new VirtualClock()
  const startMs = clock.now()
  const log = new MemoryLog({ clock })
  log.create('dead', partitions)
  const producer = log.producer()
  await producer.append('dead', [{ key: null, value: Buffer.from('not ours'), partition: 0 }])
  const wanted = Array.from({ length: 300 }, (_, at) => ({ key: `device-${at % 3}`, value: `m${at}` }))
  for (const [at, message] of messagesOf({ topic: 'fleet', partition: 0 }, wanted).entries()) {
    const failure = { code: at % 10 === 0 ? 'http_too_large' : 'http_rejected', detail: 'no' } as const
    const record = deadLetterOf(message, { failure, attempts: 1 }, { stream: 'acme', timeMs: clock.now() })
    await producer.append('dead', [{ ...record, partition: at % partitions }])
    await clock.advance(minuteMs)
  }
  const find = async (filter: Partial<Filter>) => {
    const finding: Finding = { total: 0, read: 0, matched: 0, older: 0 }
    const letters = await findLetters(log.admin(), 'dead', {
      filter: { limit: 1_000, ...filter },
      finding,
      read
    })
    return { finding, offsets: letters.map(letter => letter.facts.originOffset) }
  }
  return { startMs, find, admin: log.admin() }
}

const span = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)

test('all letters are found, oldest first, and records of others are passed over', async t => {
  const { find } = await setUp()
  const { finding, offsets } = await find({})
  t.deepEqual(offsets, span(0, 300))
  t.deepEqual(finding, { total: 301, read: 301, matched: 300, older: 0 })
})

test('a limit keeps the newest and reads no more than these where nothing else is asked', async t => {
  const { find } = await setUp()
  const { finding, offsets } = await find({ limit: 5 })
  t.deepEqual(offsets, span(295, 300))
  t.deepEqual(finding, { total: 5, read: 5, matched: 5, older: 296 })
})

test('letters are found by code and by device, and a limit keeps the newest of them', async t => {
  const { find } = await setUp()
  t.deepEqual((await find({ code: 'http_too_large', limit: 2 })).offsets, [280, 290])
  const { offsets, finding } = await find({ device: 'device-1', limit: 3 })
  t.deepEqual(offsets, [292, 295, 298])
  t.is(finding.matched, 100)
  t.deepEqual((await find({ device: 'device' })).offsets, [])
  t.deepEqual((await find({ code: 'http_too_large', device: 'device-0' })).offsets.slice(0, 2), [0, 30])
})

test('letters are found by when they were set aside, the end excluded', async t => {
  const { find, startMs } = await setUp()
  const since = startMs + 10 * minuteMs
  const until = startMs + 14 * minuteMs
  t.deepEqual((await find({ since, until })).offsets, [10, 11, 12, 13])
  t.deepEqual((await find({ since, until, limit: 2 })).offsets, [12, 13])
  t.deepEqual((await find({ since: until, until: since })).offsets, [])
})

test('letters of several partitions come in the order of their times', async t => {
  const { find } = await setUp(4)
  t.deepEqual((await find({})).offsets, span(0, 300))
  t.deepEqual((await find({ limit: 6 })).offsets, span(294, 300))
})

test('a topic that was never made holds none', async t => {
  const { admin } = await setUp()
  const finding: Finding = { total: 0, read: 0, matched: 0, older: 0 }
  t.deepEqual(await findLetters(admin, 'never', { filter: { limit: 1 }, finding, read }), [])
})
