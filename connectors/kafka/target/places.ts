// Where a message goes: the topic and the key, which fields of the message may make, and the partition. A value can neither
// become another topic than the template says nor one that Kafka does not take.

import { topicPattern } from '../../../schemas/define.ts'
import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { type Fields, unfitFor } from '../../shared/fields.ts'
import { parseFieldTemplate, parseTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import { partitionOf } from '../log/partitioner.ts'
import type { KafkaTargetConfig } from './config.ts'

const isTopic = new RegExp(topicPattern)

/** `kept`: the key is that of the message. */
export type Key = Buffer | 'kept'

export class Places {
  readonly #config: Pick<KafkaTargetConfig, 'topic' | 'partition'>
  readonly #topic: Template
  readonly #key: Template | null

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: Pick<KafkaTargetConfig, 'topic' | 'key' | 'partition'>) {
    this.#config = config
    this.#topic = parseTemplate(config.topic)
    this.#key = config.key === undefined ? null : parseFieldTemplate('key', config.key)
    if (!this.haveTopics && (config.topic === '.' || config.topic === '..'))
      throw new FaultError('config_invalid', { path: 'topic', detail: 'must be more than dots' })
  }

  /** The one topic of all messages; null where each has its own. */
  get onlyTopic(): string | null {
    return this.haveTopics ? null : this.#config.topic
  }

  /** Do messages have topics of their own? */
  get haveTopics(): boolean {
    return this.#topic.names.length > 0
  }

  /** All messages of a device that stand in one partition here go to one partition there. */
  get keepDevicesTogether(): boolean {
    return !this.haveTopics && (this.#key === null || this.#config.partition === 'keep')
  }

  get needFields(): boolean {
    return this.haveTopics || this.#key !== null
  }

  /** Throws a FaultError `kafka_target_message_unfit` when its fields give none. */
  topicOf(fields: Fields): string {
    if (!this.haveTopics) return this.#config.topic
    const topic = this.#render(this.#topic, fields)
    if (isTopic.test(topic) && topic !== '.' && topic !== '..') return topic
    throw unfit(`its topic would be ${JSON.stringify(topic.slice(0, 300))}, which Kafka does not take`)
  }

  /** Throws a FaultError `kafka_target_message_unfit` when its fields give none. */
  keyOf(fields: Fields): Key {
    return this.#key === null ? 'kept' : Buffer.from(this.#render(this.#key, fields))
  }

  /**
   * The partition, from 0. Without a key it follows the partition that the message was read from, so that it is the same again
   * when it is repeated. Throws a FaultError `kafka_target_partition_missing`.
   */
  partitionOf(message: Message, key: Key, partitions: number): number {
    const { partition } = message.origin
    if (this.#config.partition === 'keep') {
      if (partition < partitions) return partition
      const detail = `it has ${partitions}, and a message was read from partition ${partition}`
      throw new FaultError('kafka_target_partition_missing', { detail })
    }
    if (key !== 'kept') return partitionOf(key, partitions)
    if (message.keyEnd < message.keyStart) return partition % partitions
    return partitionOf(message.bytes.subarray(message.keyStart, message.keyEnd), partitions)
  }

  #render(template: Template, fields: Fields): string {
    return renderTemplate(template, name => {
      const problem = unfitFor(name, fields)
      if (problem !== null) throw unfit(problem)
      return String(fields.get(name))
    })
  }
}

function unfit(detail: string): FaultError {
  return new FaultError('kafka_target_message_unfit', { detail })
}
