import test from 'ava'
import { FetchAhead, type FetchRequest } from '../../../../../../connectors/kafka/log/kafkajs/fetch/ahead.ts'
import type {
  FetchedBatch,
  FetchResponse,
  UnreadResponse
} from '../../../../../../connectors/kafka/log/kafkajs/fetch/types.ts'

type Answer = FetchResponse<FetchedBatch>

/** What is asked of each partition, as `0@10`. */
const asked = ({ topics }: FetchRequest) =>
  topics.flatMap(({ partitions }) =>
    partitions.map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`)
  )

function request(...positions: readonly string[]): FetchRequest {
  const partitions = positions.map(position => {
    const [partition, fetchOffset = ''] = position.split('@')
    return { partition: Number(partition), fetchOffset }
  })
  return { maxWaitTime: 200, topics: [{ topic: 't', partitions }] }
}

/** A broker with `records` records in every partition, of which each fetch brings ten. */
class BrokerDouble {
  readonly requests: FetchRequest[] = []
  readonly answers = new Map<Answer, string>()
  generation = 1
  records = 1_000
  /** The next fetch of these positions fails. */
  failing = ''
  readonly ahead = new FetchAhead(
    asking => this.#fetch(asking),
    () => this.generation
  )

  async #fetch(asking: FetchRequest): Promise<UnreadResponse> {
    this.requests.push(asking)
    if (asked(asking).join() === this.failing) {
      this.failing = ''
      throw new Error('not the leader')
    }
    const next = asking.topics.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, fetchOffset }) => {
        const offset = Math.min(Number(fetchOffset) + 10, this.records)
        return offset > Number(fetchOffset)
          ? [{ topic, partition, offset, hasMore: offset < this.records }]
          : []
      })
    )
    const answer: Answer = { responses: [] }
    this.answers.set(answer, asked(asking).join())
    return { responses: [], next, read: async () => answer }
  }

  /** Which positions the answer to a fetch is of. */
  async fetch(...positions: readonly string[]): Promise<string | undefined> {
    return this.answers.get(await this.ahead.fetch(request(...positions)))
  }

  /** The positions of every request to the broker so far. */
  get asked(): string[] {
    return this.requests.map(each => asked(each).join())
  }
}

test('what follows is fetched ahead once a fetch went on where the one before it ended', async t => {
  const broker = new BrokerDouble()
  t.is(await broker.fetch('0@0', '1@5'), '0@0,1@5')
  t.deepEqual(broker.asked, ['0@0,1@5'])
  t.is(await broker.fetch('0@10', '1@15'), '0@10,1@15')
  t.deepEqual(broker.asked.slice(1), ['0@10,1@15', '0@20,1@25'])
  t.is(await broker.fetch('0@20', '1@25'), '0@20,1@25')
  t.deepEqual(broker.asked.slice(3), ['0@30,1@35'], 'the answer was there already')
})

test('what is fetched ahead does not wait for records, any other fetch waits as it was told to', async t => {
  const broker = new BrokerDouble()
  await broker.fetch('0@0')
  await broker.fetch('0@10')
  t.deepEqual(
    broker.requests.map(({ maxWaitTime }) => maxWaitTime),
    [200, 200, 0]
  )
})

/** Brings a double to where it has fetched 0@20 and 1@20 ahead. */
async function running(): Promise<BrokerDouble> {
  const broker = new BrokerDouble()
  await broker.fetch('0@0', '1@0')
  await broker.fetch('0@10', '1@10')
  broker.requests.length = 0
  return broker
}

const changes = [
  ['a partition was paused', ['0@20']],
  ['a partition was resumed', ['0@20', '1@20', '2@0']],
  ['a partition was sought back', ['0@20', '1@3']],
  ['a partition was sought forward', ['0@20', '1@300']],
  ['nothing of the last fetch was taken', ['0@10', '1@10']],
  ['only a part of the last fetch was taken', ['0@20', '1@14']]
] as const

for (const [what, positions] of changes) {
  test(`when ${what}, what was fetched ahead is dropped and nothing new is until a fetch goes on`, async t => {
    const broker = await running()
    t.is(await broker.fetch(...positions), positions.join())
    t.deepEqual(broker.asked, [positions.join()])
    const next = positions.map(position => position.replace(/@(\d+)/, (_, at) => `@${Number(at) + 10}`))
    t.is(await broker.fetch(...next), next.join())
    t.is(broker.asked.length, 3)
  })
}

test('what was fetched ahead does not outlive its generation', async t => {
  const broker = await running()
  broker.generation++
  t.is(await broker.fetch('0@20', '1@20'), '0@20,1@20')
  t.deepEqual(broker.asked, ['0@20,1@20'])
})

test('a fetch that a join overtook leaves nothing behind for the new generation', async t => {
  const broker = await running()
  const overtaken = broker.fetch('0@20', '1@20')
  broker.generation++
  await overtaken
  broker.requests.length = 0
  t.is(await broker.fetch('0@30', '1@30'), '0@30,1@30')
  t.deepEqual(broker.asked, ['0@30,1@30'])
})

test('a stream that has caught up fetches nothing ahead', async t => {
  const broker = new BrokerDouble()
  broker.records = 20
  await broker.fetch('0@0')
  await broker.fetch('0@10')
  await broker.fetch('0@20')
  await broker.fetch('0@20')
  t.deepEqual(broker.asked, ['0@0', '0@10', '0@20', '0@20'])
})

test('a failure of what was fetched ahead is told to nobody, and the fetch is made when it is asked for', async t => {
  const broker = new BrokerDouble()
  broker.failing = '0@20'
  await broker.fetch('0@0')
  t.is(await broker.fetch('0@10'), '0@10')
  t.is(await broker.fetch('0@20'), '0@20')
  t.deepEqual(broker.asked, ['0@0', '0@10', '0@20', '0@20', '0@30'])
})

test('a failure of the fetch itself is told, and the next one is made as if for the first time', async t => {
  const broker = new BrokerDouble()
  await broker.fetch('0@0')
  broker.failing = '0@10'
  await t.throwsAsync(broker.fetch('0@10'), { message: 'not the leader' })
  t.is(await broker.fetch('0@10'), '0@10')
  t.deepEqual(broker.asked, ['0@0', '0@10', '0@10'])
})
