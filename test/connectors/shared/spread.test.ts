// Devices over connections.

import test from 'ava'
import { partitionOf } from '../../../connectors/kafka/log/partitioner.ts'
import { spreadOf } from '../../../connectors/shared/spread.ts'
import { messagesOf } from '../../messages.ts'

const idents = Array.from({ length: 4_000 }, (_, at) => `86${at * 7919}`)
const messages = messagesOf(
  idents.map(() => '{}'),
  { keys: idents }
)

test('a device keeps to its connection, whatever else its message is', t => {
  const again = messagesOf(
    idents.map(() => '{"later":1}'),
    { keys: idents, firstOffset: 9_000 }
  )
  t.deepEqual(
    again.map(message => spreadOf(message, 7)),
    messages.map(message => spreadOf(message, 7))
  )
})

for (const count of [1, 2, 4, 10, 12]) {
  test(`the devices of any one partition of 12 are spread over all of ${count} connections`, t => {
    for (let partition = 0; partition < 12; partition++) {
      const own = messages.filter((_, at) => partitionOf(Buffer.from(idents[at] ?? ''), 12) === partition)
      const counts = new Map<number, number>()
      for (const message of own) {
        const connection = spreadOf(message, count)
        counts.set(connection, (counts.get(connection) ?? 0) + 1)
      }
      t.is(counts.size, count)
      t.true(Math.max(...counts.values()) < (2.2 * own.length) / count)
    }
  })
}
