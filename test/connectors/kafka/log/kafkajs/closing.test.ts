// Whatever a client is about when it is closed, no connection of it stays open: it would keep the process alive.

import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { systemClock } from '../../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import { until } from '../../../../flows/harness/until.ts'
import { testBrokers, uniqueName } from '../../../../kafka.ts'

/** Connections that keep this process alive. */
const connections = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length

test('an admin that is closed amid its calls leaves no connection, however far they are', async t => {
  const log = kafkaLog({ brokers: testBrokers(), clientId: 'closing' }, { log: () => {}, clock: systemClock })
  const topic = uniqueName('closing')
  const first = log.admin()
  await first.createTopic({ name: topic, partitions: 3, replication: 1, settings: {} })
  await first.close()
  for (let turns = 0; turns < 2_000; turns += 10) {
    const admin = log.admin()
    const calls = [admin.ranges(topic), admin.ranges(topic), admin.committed(topic, [topic])]
    const settled = Promise.allSettled(calls)
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    await admin.close()
    await settled
  }
  await until('no connection is left', () => connections() === 0)
  t.pass()
})
