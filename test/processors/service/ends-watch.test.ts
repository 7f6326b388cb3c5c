import test from 'ava'
import { VirtualClock } from '../../../connectors/virtual-clock.ts'
import { EndsWatch } from '../../../processors/service/ends-watch.ts'
import { FaultError } from '../../../schemas/errors.ts'

function stream(topics: string[]) {
  const noted: [string, number, number][] = []
  return {
    noted,
    topics: () => new Set(topics),
    missing: new Map<string, unknown>(),
    noteTopic(topic: string, missing: unknown) {
      if (missing === null) this.missing.delete(topic)
      else this.missing.set(topic, missing)
    },
    noteEnd: (origin: { topic: string; partition: number }, end: number) =>
      noted.push([origin.topic, origin.partition, end])
  }
}

test('asks once for the ends of every topic that some stream has partitions of, and tells all streams', async t => {
  const clock = new VirtualClock()
  const asked: string[] = []
  const admin = {
    async rangesWithLeader(topic: string) {
      asked.push(topic)
      return { partitions: 1, ranges: [{ partition: 0, start: 0, end: 7 }], leaderless: [] }
    }
  }
  const [first, second] = [stream(['fleet']), stream(['fleet'])]
  const watch = new EndsWatch({ clock, log() {}, admin, watched: () => [first, second] })
  watch.start()
  await clock.advance(5_000)
  t.deepEqual(asked, ['fleet'])
  t.deepEqual(first.noted, [['fleet', 0, 7]])
  t.deepEqual(second.noted, [['fleet', 0, 7]])
  void watch.stop()
})

test('asks nothing while nothing is assigned, and goes on after Kafka did not answer', async t => {
  const clock = new VirtualClock()
  let asked = 0
  const admin = {
    async rangesWithLeader(): Promise<never> {
      asked++
      throw new FaultError('kafka_unreachable')
    }
  }
  const topics: string[] = []
  const watch = new EndsWatch({ clock, log() {}, admin, watched: () => [stream(topics)] })
  watch.start()
  await clock.advance(10_000)
  t.is(asked, 0)
  topics.push('fleet')
  await clock.advance(10_000)
  t.is(asked, 2)
  void watch.stop()
  t.is(clock.waiting, 0)
})

test('a topic that is missing is told to the streams that read it, until it is there again', async t => {
  const clock = new VirtualClock()
  let isMissing = true
  const admin = {
    async rangesWithLeader() {
      if (isMissing) throw new FaultError('topic_missing', { detail: 'fleet' })
      return { partitions: 1, ranges: [], leaderless: [] }
    }
  }
  const [reader, other] = [stream(['fleet']), stream([])]
  const watch = new EndsWatch({ clock, log() {}, admin, watched: () => [reader, other] })
  watch.start()
  await clock.advance(10_000)
  t.like(reader.missing.get('fleet'), { fault: { code: 'topic_missing' }, untilMs: clock.now() + 5_000 })
  t.is(other.missing.size, 0)
  isMissing = false
  await clock.advance(5_000)
  t.is(reader.missing.size, 0)
  void watch.stop()
})

test('once stopped it asks nothing more, also amidst a round', async t => {
  const clock = new VirtualClock()
  const asked: string[] = []
  const admin = {
    async rangesWithLeader(topic: string) {
      asked.push(topic)
      void watch.stop()
      return { partitions: 0, ranges: [], leaderless: [] }
    }
  }
  const watch = new EndsWatch({ clock, log() {}, admin, watched: () => [stream(['fleet', 'sensors'])] })
  watch.start()
  await clock.advance(20_000)
  t.deepEqual(asked, ['fleet'])
  t.is(clock.waiting, 0)
})

test('a mistake in a round is told once and the next round comes, where it would have ended the process', async t => {
  const clock = new VirtualClock()
  const logged: unknown[][] = []
  let isBroken = true
  const reader = stream(['fleet'])
  const admin = {
    async rangesWithLeader() {
      if (isBroken) throw new TypeError('ranges of undefined')
      return { partitions: 1, ranges: [{ partition: 0, start: 0, end: 7 }], leaderless: [] }
    }
  }
  const watched = () => [reader]
  const watch = new EndsWatch({ clock, admin, watched, log: (...line) => void logged.push(line) })
  watch.start()
  await clock.advance(15_000)
  t.deepEqual(
    logged.map(([name, fields]) => [name, (fields as { part: string }).part]), // as it is logged
    [['round_failed', 'ends']]
  )
  isBroken = false
  await clock.advance(5_000)
  t.deepEqual(reader.noted, [['fleet', 0, 7]])
  await watch.stop()
  t.is(clock.waiting, 0)
})

test('one answer of a broker that lags behind is no halt: a topic is missing that is missing twice in a row', async t => {
  const clock = new VirtualClock()
  const answers = ['missing', 'there', 'missing', 'there', 'missing', 'missing']
  const admin = {
    async rangesWithLeader() {
      if (answers.shift() === 'missing') throw new FaultError('topic_missing', { detail: 'fleet' })
      return { partitions: 1, ranges: [], leaderless: [] }
    }
  }
  const reader = stream(['fleet'])
  const watch = new EndsWatch({ clock, log() {}, admin, watched: () => [reader] })
  watch.start()
  for (let round = 1; round <= 5; round++) {
    await clock.advance(5_000)
    t.is(reader.missing.size, 0, `round ${round}`)
  }
  await clock.advance(5_000)
  t.is(reader.missing.size, 1)
  await watch.stop()
})
