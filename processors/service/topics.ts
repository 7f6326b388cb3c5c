// The topic of a channel as the configuration wants it, and how an existing one differs from that. Tailrace creates
// what is missing and never changes what is there.

import type { TopicSpec } from '../../connectors/kafka/log/log.ts'
import type { ChannelConfig } from '../../schemas/config.ts'

const msPerHour = 3_600_000

/** The topic to create for a channel on a cluster with so many brokers. */
export function wantedTopic(channel: ChannelConfig, brokers: number): TopicSpec {
  return {
    name: channel.topic,
    partitions: channel.partitions,
    replication: channel.replication ?? Math.min(3, brokers),
    settings: {
      'retention.ms': String(channel.retentionHours * msPerHour),
      // Ages, births and time-based positions rely on Kafka's clock instead of each producer's.
      'message.timestamp.type': 'LogAppendTime'
    }
  }
}

/** One phrase for each difference, such as `6 partitions instead of 12`; none when the topic is as wanted. */
export function topicDifferences(wanted: TopicSpec, actual: TopicSpec): string[] {
  const differences: string[] = []
  for (const part of ['partitions', 'replication'] as const)
    if (wanted[part] !== actual[part]) differences.push(`${part} ${actual[part]} instead of ${wanted[part]}`)
  for (const [name, value] of Object.entries(wanted.settings))
    if (actual.settings[name] !== value)
      differences.push(`${name} ${actual.settings[name] ?? 'unknown'} instead of ${value}`)
  return differences
}
