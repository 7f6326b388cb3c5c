import test from 'ava'
import { Type } from 'typebox'
import { systemClock } from '../../../connectors/clock.ts'
import type { Feed, SourceDefinition } from '../../../connectors/connector.ts'
import type { AppendRecord, LogProducer } from '../../../connectors/kafka/log/log.ts'
import { ByteBudget } from '../../../connectors/shared/byte-budget.ts'
import { Ingest } from '../../../processors/ingest/ingest.ts'
import { FaultError } from '../../../schemas/errors.ts'

const env = {
  clock: systemClock,
  log: () => {},
  meter: { accepted: () => {}, refused: () => {}, setAside: () => {} },
  budget: new ByteBudget(64 << 20, systemClock)
}

const listen = { host: '127.0.0.1', port: 0 }

const channel = (topic: string, ...sources: Record<string, unknown>[]) => ({
  topic,
  partitions: 1,
  retentionHours: 1,
  sources,
  deadLetters: { topic: `${topic}.dead-letters`, partitions: 1, retentionHours: 1 }
})

/** A kind of source that tells what happens to it. */
function fakeSource(kind: string, done: string[], startError?: Error) {
  const feeds: Feed<unknown>[] = []
  const budgets: ByteBudget[] = []
  const named = (given: readonly Feed<unknown>[]) => given.map(feed => feed.channel).join()
  const definition: SourceDefinition = {
    kind,
    summary: '',
    config: Type.Object({}),
    create: async (given, { budget }) => {
      feeds.push(...given)
      budgets.push(budget)
      return {
        start: async () => {
          if (startError !== undefined) throw startError
          done.push(`start ${kind}`)
        },
        update: async given => {
          if (named(given).includes('refused')) throw new FaultError('source_unguarded')
          done.push(`update ${kind} ${named(given)}`)
        },
        stop: async deadlineMs => {
          done.push(`stop ${kind} ${deadlineMs}`)
        }
      }
    }
  }
  return { definition, feeds, budgets }
}

function fakeProducer(result: Promise<void> = Promise.resolve()) {
  const appended: [string, readonly AppendRecord[]][] = []
  const producer: Pick<LogProducer, 'append'> = {
    append: (topic, records) => {
      appended.push([topic, records])
      return result
    }
  }
  return { producer, appended }
}

test('one source of each kind gets the feeds of all channels that name it', async t => {
  const [one, two, unused] = ['one', 'two', 'unused'].map(kind => fakeSource(kind, []))
  const channels = {
    fleet: channel('fleet', { one: { a: 1 } }, { two: { b: 2 } }),
    boats: channel('t.boats', { one: { a: 3 } }),
    bare: channel('bare')
  }
  const sources = [one, two, unused].flatMap(source => (source ? [source.definition] : []))
  await new Ingest({ sources, producer: fakeProducer().producer, env }).serve(channels, listen)
  const seen = [one, two, unused].map(source => source?.feeds.map(feed => [feed.channel, feed.config]))
  t.deepEqual(seen, [
    [
      ['fleet', { a: 1 }],
      ['boats', { a: 3 }]
    ],
    [['fleet', { b: 2 }]],
    []
  ])
})

test('all sources share one budget for what they hold', async t => {
  const [one, two] = [fakeSource('one', []), fakeSource('two', [])]
  const ingest = new Ingest({ sources: [one.definition, two.definition], ...fakeProducer(), env })
  await ingest.serve({ fleet: channel('fleet', { one: {} }, { two: {} }) }, listen)
  t.deepEqual([one.budgets[0], two.budgets[0]], [env.budget, env.budget])
  t.is(one.budgets[0], two.budgets[0])
})

test('what a source appends goes to the topic of its channel, and resolves and fails with the producer', async t => {
  const fault = new FaultError('kafka_unavailable')
  const { definition, feeds } = fakeSource('one', [])
  const { producer, appended } = fakeProducer(Promise.reject(fault))
  const ingest = new Ingest({ sources: [definition], producer, env })
  await ingest.serve({ boats: channel('t.boats', { one: {} }) }, listen)
  const messages = [{ key: Buffer.from('a'), value: Buffer.from('{"ident":"a","timestamp":1}') }]
  t.is(await t.throwsAsync(async () => feeds[0]?.append(messages)), fault)
  t.deepEqual(appended, [['t.boats', messages]])
})

test('when one source cannot start, those that have are stopped', async t => {
  const done: string[] = []
  const fault = new FaultError('listen_failed')
  const sources = [fakeSource('one', done), fakeSource('two', done, fault)].map(source => source.definition)
  const channels = { fleet: channel('fleet', { one: {} }, { two: {} }) }
  const ingest = new Ingest({ sources, producer: fakeProducer().producer, env })
  t.is(await t.throwsAsync(ingest.serve(channels, listen)), fault)
  t.deepEqual(done, ['start one', 'stop one 0', 'stop two 0'])
})

test('other channels start, tell and stop sources as they need them', async t => {
  const done: string[] = []
  const sources = [fakeSource('one', done), fakeSource('two', done)].map(source => source.definition)
  const ingest = new Ingest({ sources, producer: fakeProducer().producer, env })
  await ingest.serve({ fleet: channel('fleet', { one: {} }) }, listen)
  await ingest.serve(
    {
      fleet: channel('fleet', { one: {} }),
      boats: channel('boats', { one: {} }, { two: {} })
    },
    listen
  )
  await ingest.serve({ boats: channel('boats', { two: {} }) }, listen)
  await ingest.stop(7)
  t.deepEqual(done, [
    'start one',
    'update one fleet,boats',
    'start two',
    'update one ',
    'update two boats',
    'stop one 5000',
    'stop two 7'
  ])
})

test('when a source refuses other channels, those that were told serve the old ones, and new ones are stopped', async t => {
  const done: string[] = []
  const sources = ['one', 'two', 'three'].map(kind => fakeSource(kind, done).definition)
  const ingest = new Ingest({ sources, producer: fakeProducer().producer, env })
  await ingest.serve({ fleet: channel('fleet', { one: {} }, { three: {} }) }, listen)
  const refused = { refused: channel('x', { three: {} }), boats: channel('boats', { one: {} }, { two: {} }) }
  t.like(await t.throwsAsync(ingest.serve(refused, listen)), { code: 'source_unguarded' })
  t.deepEqual(done, [
    'start one',
    'start three',
    'update one boats',
    'start two',
    'update one fleet',
    'update three fleet',
    'stop two 0'
  ])
})
