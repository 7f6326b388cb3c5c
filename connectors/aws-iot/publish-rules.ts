// What AWS IoT Core demands of a PUBLISH beyond MQTT: how deep and long a topic may be, and how large a payload. What
// breaks a rule is refused here, since the service would end the connection over it.

import { FaultError } from '../../schemas/errors.ts'
import type { Publication } from '../shared/mqtt/publish/publications.ts'
import { parseTemplate } from '../shared/template.ts'
import type { AwsIotTargetConfig } from './target-config.ts'

/** Basic Ingest: these levels count neither as slashes nor as bytes. */
const uncounted = /^\$aws\/rules\/[^/]+\//i

type TopicConfig = Pick<AwsIotTargetConfig, 'topic' | 'basicIngest' | 'limits'>

/**
 * The topic as it is published to. Values of fields hold no slash, so how deep it is does not depend on the message.
 * Throws a FaultError `config_invalid` when no message can have a topic that is taken.
 */
export function topicOf({ topic, basicIngest, limits }: TopicConfig): string {
  const wrong = (detail: string) => new FaultError('config_invalid', { path: 'topic', detail })
  if (basicIngest !== undefined && topic.startsWith('$'))
    throw wrong('must not begin with $ beside basicIngest')
  if (topic.startsWith('$') && !uncounted.test(topic))
    throw wrong('must not begin with $, except for a rule: $aws/rules/<name>/...')
  const whole = basicIngest === undefined ? topic : `$aws/rules/${basicIngest}/${topic}`
  const counted = whole.replace(uncounted, '')
  const slashes = counted.split('/').length - 1
  if (slashes > limits.topicSlashes)
    throw wrong(`has ${slashes} slashes, and AWS IoT Core takes ${limits.topicSlashes} at most`)
  const fixedBytes = Buffer.byteLength(parseTemplate(counted).texts.join(''))
  if (fixedBytes > limits.topicBytes)
    throw wrong(`has ${fixedBytes} bytes, and AWS IoT Core takes ${limits.topicBytes} at most`)
  return whole
}

/** Throws a FaultError with the outcome `reject` for a PUBLISH that is not taken. */
export function checkFor({ topicBytes, payloadBytes }: AwsIotTargetConfig['limits']) {
  return ({ topic, payload }: Publication): void => {
    const length = Buffer.byteLength(topic.replace(uncounted, ''))
    if (length > topicBytes)
      throw new FaultError('mqtt_message_unfit', {
        detail: `its topic has ${length} bytes, at most ${topicBytes}`
      })
    if (payload.length > payloadBytes)
      throw new FaultError('aws_iot_too_large', {
        detail: `${payload.length} bytes, at most ${payloadBytes}`
      })
  }
}
