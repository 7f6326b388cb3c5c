// The one writer of a partition, on a log in memory: who claims it when, and what is stored where.

import test from 'ava'
import type { AppendRecord, LogRecord } from '../../../connectors/kafka/log/log.ts'
import { MemoryLog } from '../../../connectors/kafka/log/memory/log.ts'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { SoleWriter } from '../../../processors/stream/sole-writer.ts'
import { FaultError } from '../../../schemas/errors.ts'

const place = { topic: 'notes', partition: 0 }

/** A record that says where it is expected, and what. */
function record(at: number, text: string): AppendRecord {
  return { key: null, value: Buffer.from(JSON.stringify({ at, text })) }
}

function setUp() {
  const log = new MemoryLog({ clock: new VirtualClock() })
  log.create(place.topic, 1)
  const admin = log.admin()
  /** A writer, what it has read, and whether the group confirms it. */
  const writer = (name: string) => {
    const [read, group]: [string[], { rightful: boolean }] = [[], { rightful: true }]
    const take = ({ value, offset }: LogRecord) => {
      const { at, text } = JSON.parse(value?.toString() ?? '')
      if (at !== offset) return null
      read.push(text)
      return text.startsWith('claim ') ? text.slice('claim '.length) : null
    }
    const confirm = async () => {
      if (!group.rightful) throw new FaultError('commit_refused')
    }
    const claim = (owner: string, at: number) => record(at, `claim ${owner}`)
    const sole = new SoleWriter(name, { place, admin, producer: log.producer(), claim, take, confirm })
    const note = (...texts: string[]) =>
      sole.append(at => texts.map((text, index) => record(at + index, text)))
    return { sole, read, group, note }
  }
  /** Every record, those that count without brackets. */
  const stored = async () => {
    const texts: string[] = []
    const [range] = await admin.ranges(place.topic)
    for await (const { value, offset } of admin.read({ ...place, from: 0, to: range?.end ?? 0 })) {
      const { at, text } = JSON.parse(value?.toString() ?? '')
      texts.push(at === offset ? text : `(${text})`)
    }
    return texts
  }
  return { log, writer, stored }
}

test('what it appends lies where it was expected, behind its claim', async t => {
  const { writer, stored } = setUp()
  const one = writer('one')
  await one.note('a', 'b')
  await one.note('c')
  t.deepEqual(await stored(), ['claim one', 'a', 'b', 'c'])
})

test('who comes next reads all that was written before it claims the partition', async t => {
  const { writer } = setUp()
  await writer('one').note('a', 'b')
  const two = writer('two')
  await two.sole.open()
  t.deepEqual(two.read, ['claim one', 'a', 'b', 'claim two'])
})

test('two that open it at the same moment make one claim', async t => {
  const { writer, stored } = setUp()
  const one = writer('one')
  await Promise.all([one.sole.open(), one.sole.open()])
  t.deepEqual(await stored(), ['claim one'])
})

test('one that was replaced writes nothing that counts, and stops once the group refuses it', async t => {
  const { writer, stored } = setUp()
  const [one, two] = [writer('one'), writer('two')]
  await one.note('a')
  await two.note('b')
  one.group.rightful = false
  await t.throwsAsync(one.note('late'), { code: 'partition_contested' })
  await t.throwsAsync(one.note('late'), { code: 'commit_refused' })
  await two.note('c')
  const written = await stored()
  t.deepEqual(
    written.filter(text => !text.startsWith('(')),
    ['claim one', 'a', 'claim two', 'b', 'c']
  )
  t.is(written.filter(text => text === '(late)').length, 1)
})

test('the rightful one renews its claim when one thought dead has got in', async t => {
  const { writer } = setUp()
  const [one, two] = [writer('one'), writer('two')]
  await one.note('a')
  await two.sole.open()
  await t.throwsAsync(one.note('b'), { code: 'partition_contested' })
  await one.note('b')
  t.deepEqual(one.read.slice(-2), ['claim two', 'claim one'])
})

test('an append without an answer is found again, whether it was stored or not', async t => {
  const { log, writer, stored } = setUp()
  const one = writer('one')
  await one.sole.open()
  for (const when of ['before', 'after'] as const) {
    log.faults.failAppends(1, when)
    await t.throwsAsync(one.note(when), { code: 'kafka_unavailable' })
    // It is asked anew, after what is there was read.
    await one.sole.append(at => (one.read.includes(when) ? [] : [record(at, when)]))
  }
  t.deepEqual(await stored(), ['claim one', 'before', 'after'])
})

test('a topic that was made anew is told, and nothing is written to wrong places for ever', async t => {
  const { log, writer, stored } = setUp()
  const one = writer('one')
  await one.note('a', 'b', 'c')
  log.delete(place.topic)
  log.create(place.topic, 1)
  await t.throwsAsync(one.note('d'), { code: 'topic_cut' })
  await t.throwsAsync(one.note('d'), { code: 'topic_cut' })
  t.deepEqual(await stored(), ['(d)'])
})
