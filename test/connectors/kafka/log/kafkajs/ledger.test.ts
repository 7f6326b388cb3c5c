import test from 'ava'
import { uniqueName } from '../../../../kafka.js'
import { Broker, until } from './broker.js'
import { Ledger, ToyStream } from './toy-stream.js'

const partitions = 12
const perSend = 6

test('members joining and leaving under load lose and repeat nothing', async t => {
  t.timeout(90_000)
  const broker = new Broker()
  await broker.open()
  const topic = uniqueName('ledger')
  const group = uniqueName('ledger')
  await broker.createTopic(topic, partitions)
  const ledger = new Ledger()
  const join = async () => {
    const stream = new ToyStream({ broker, ledger, group, topic })
    await stream.start()
    return stream
  }
  /** Waits until these members hold everything, evenly, and a good deal more has arrived. */
  const settle = async (...members: ToyStream[]) => {
    const even = partitions / members.length
    await until(() => members.every(member => member.partitions.length === even))
    const arrived = ledger.seen.size
    await until(() => ledger.seen.size > arrived + 2_500)
  }

  let producing = true
  let produced = 0
  const numbers = Array.from({ length: partitions }, (_, partition) => partition)
  const production = (async () => {
    while (producing) {
      const values = Array.from({ length: perSend }, (_, index) => `${produced + index}`)
      await Promise.all(numbers.map(partition => broker.send(topic, partition, values)))
      produced += partitions * perSend
      await new Promise(resolve => setTimeout(resolve, 40))
    }
  })()

  const startedMs = Date.now()
  const first = await join()
  await settle(first)
  const second = await join()
  await settle(first, second)
  const third = await join()
  await settle(first, second, third)
  await second.stop()
  await settle(first, third)
  const fourth = await join()
  await settle(first, third, fourth)
  await first.stop()
  await settle(third, fourth)
  producing = false
  await production
  const tookMs = Date.now() - startedMs
  await until(() => ledger.seen.size === produced)
  await third.stop()
  await fourth.stop()

  const committed = await broker.committed(group, topic)
  t.log(
    `${produced} messages in ${tookMs} ms, lost ${produced - ledger.seen.size}, duplicates ${ledger.duplicates}`
  )
  t.is(ledger.seen.size, produced)
  t.is(ledger.duplicates, 0)
  t.deepEqual(
    committed,
    numbers.map(() => produced / partitions)
  )
  t.is(third.assignments.filter(assignment => assignment.lost.length === partitions / 3).length, 0)
  await broker.close()
})
