import test from 'ava'
import { uniqueName } from '../../../../../kafka.ts'
import { Broker, Production, until } from './broker.ts'
import { Ledger, ToyStream } from './toy-stream.ts'

const partitions = 12

test('members joining and leaving under load lose and repeat nothing', async t => {
  t.timeout(90_000)
  const broker = new Broker()
  await broker.open()
  const topic = uniqueName('ledger')
  await broker.createTopic(topic, partitions)
  const round = new Round(broker, topic)
  const production = new Production(broker, topic, partitions)
  production.start()
  const startedMs = Date.now()

  const { first, third, fourth } = await threeRounds(round)
  await production.stop()
  const tookMs = Date.now() - startedMs
  const { produced } = production
  const { ledger } = round
  await until(() => ledger.seen.size === produced)
  await third.stop()
  await fourth.stop()

  t.log(
    `${produced} messages in ${tookMs} ms, lost ${produced - ledger.seen.size}, duplicates ${ledger.duplicates}`
  )
  t.is(ledger.seen.size, produced)
  t.is(ledger.duplicates, 0)
  const each = produced / partitions
  t.deepEqual(await broker.committed(topic, topic), Array(partitions).fill(each))
  const stayed = [...first.assignments, ...third.assignments].slice(1)
  t.true(stayed.every(({ kept, added }) => kept.length > 0 || added.length > 0))
  await broker.close()
})

/** The members of one group, and waiting until they have settled. */
class Round {
  readonly ledger = new Ledger()
  readonly #broker: Broker
  readonly #topic: string

  constructor(broker: Broker, topic: string) {
    this.#broker = broker
    this.#topic = topic
  }

  async join(): Promise<ToyStream> {
    const options = { broker: this.#broker, ledger: this.ledger, group: this.#topic, topic: this.#topic }
    const stream = new ToyStream(options)
    await stream.start()
    return stream
  }

  /** Resolves when these members hold everything, evenly, and a good deal more has arrived. */
  async settle(...members: ToyStream[]): Promise<void> {
    const even = partitions / members.length
    await until(() => members.every(member => member.partitions.length === even))
    const arrived = this.ledger.seen.size
    await until(() => this.ledger.seen.size > arrived + 2_500)
  }
}

async function threeRounds(round: Round) {
  const first = await round.join()
  await round.settle(first)
  const second = await round.join()
  await round.settle(first, second)
  const third = await round.join()
  await round.settle(first, second, third)
  await second.stop()
  await round.settle(first, third)
  const fourth = await round.join()
  await round.settle(first, third, fourth)
  await first.stop()
  await round.settle(third, fourth)
  return { first, third, fourth }
}
