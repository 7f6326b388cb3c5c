import test from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { systemClock } from '../../../../../connectors/clock.ts'
import { kafkaLog } from '../../../../../connectors/kafka/log/kafkajs/log.ts'
import { type LogUnderTest, logSuite } from '../../../../conformance/log.ts'
import { testBrokers } from '../../../../kafka.ts'

const brokers = testBrokers()
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
const admin = kafka.admin()
test.before(() => admin.connect())
test.after.always(() => admin.disconnect())

logSuite(test, async (): Promise<LogUnderTest> => {
  return {
    log: kafkaLog({ brokers, clientId: 'contract' }, { clock: systemClock, log: () => {} }),
    deleteBefore,
    expireMembers,
    close: async () => {}
  }
})

async function deleteBefore(topic: string, partition: number, offset: number): Promise<void> {
  await admin.fetchTopicOffsets(topic) // kafkajs deletes only from topics that it has looked up before
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
}

/** Leaves the group in the members' name, which for them looks like an expired session. */
async function expireMembers(groupId: string): Promise<void> {
  const { groups } = await admin.describeGroups([groupId])
  const cluster = createCluster()
  await cluster.connect()
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  for (const { memberId } of groups[0]?.members ?? []) await coordinator.leaveGroup({ groupId, memberId })
  await cluster.disconnect()
}

interface Coordinators {
  connect(): Promise<void>
  disconnect(): Promise<void>
  findGroupCoordinator(of: { groupId: string }): Promise<{
    leaveGroup(of: { groupId: string; memberId: string }): Promise<void>
  }>
}

/** kafkajs makes its clusters by a method that only it can name. */
function createCluster(): Coordinators {
  const symbol = Object.getOwnPropertySymbols(kafka).find(name => String(name).includes('createCluster'))
  return Reflect.get(kafka, symbol ?? '')({})
}
