// Reading through the log port against kafkajs alone, and whether both decode the same records.

import { compareWithKafkajs } from '../../connectors/kafka/log/kafkajs/fetch/oracle.ts'
import { uniqueName } from '../../kafka.ts'
import type { Bench } from '../bench.ts'
import { benchLog, loadFleet, withKafka } from '../kafka.ts'
import { interleave, medianRow, round2 } from '../measure.ts'
import type { ConsumeOptions } from './systems.ts'

/** Enough for the steady state to outweigh the warming up of a process that reads two million a second. */
const messages = 6_000_000
const comparedRecords = 1_000_000
const rounds = 3

export const consume: Bench = {
  summary: 'messages read by the log port and by kafkajs alone, and a comparison of what both decode',
  run: context =>
    withKafka(context, async brokers => {
      const topic = uniqueName('consume')
      await loadFleet(benchLog(brokers), { name: topic, partitions: 6, messages }, context)
      const module = new URL('./systems.js', import.meta.url).href
      const options: ConsumeOptions = { brokers, topic, messages }
      const systems = ['kafkajs', 'tailrace'].map(name => ({ name, module, options }))
      const measured = await interleave(systems, rounds, context.progress)
      const rows = systems.map(({ name }) => ({ system: name, ...medianRow(measured.get(name) ?? []) }))
      const base = rows[0]?.messagesPerSecond ?? 0
      context.progress(`comparing ${comparedRecords} random records with what kafkajs decodes`)
      const { compared, differences, firstSeed } = await compareWithKafkajs(comparedRecords, 1_000_000)
      return [
        ...rows.map(row => ({ ...row, timesKafkajs: round2(row.messagesPerSecond / base) })),
        { system: 'comparison', messages: compared, differences, firstSeed: firstSeed ?? 'none' }
      ]
    })
}
