import test from 'ava'
import { systemClock } from '../../../../../connectors/clock.ts'
import { MemoryLog } from '../../../../../connectors/kafka/log/memory/log.ts'
import { type LogUnderTest, logSuite, outageSuite } from '../../../../conformance/log.ts'

logSuite(test, makeLog)
outageSuite(test, makeLog)

async function makeLog(): Promise<LogUnderTest> {
  const log = new MemoryLog({ clock: systemClock, heartbeatMs: 10 })
  return {
    log,
    stop: async () => {
      log.faults.failAppends(1, 'before')
      return async () => {}
    },
    deleteBefore: async (topic, partition, offset) => log.deleteBefore(topic, partition, offset),
    expireMembers: async group => log.expireMembers(group),
    close: async () => {}
  }
}
