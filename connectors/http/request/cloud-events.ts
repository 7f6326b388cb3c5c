// CloudEvents 1.0 over HTTP (github.com/cloudevents/spec: http-protocol-binding, json-format): a batch of events in JSON,
// or one event whose attributes are headers. Source and id together name an event for ever: the id is the message's
// place in Kafka. The data are the bytes of the message.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import type { Format } from './formats.ts'

/** Braces, names and everything of known length; the rest depends on topic, source and type. */
const attributesBytes = 700

/** `application/cloudevents-batch+json` */
export function cloudEvents(config: HttpTargetConfig, stream: string): Format {
  const attributesOf = attributes(config, stream)
  return {
    contentType: 'application/cloudevents-batch+json; charset=utf-8',
    isSingle: false,
    overheadBytes: {
      message: attributesBytes + JSON.stringify(config.cloudEvents).length + stream.length,
      body: 1
    },
    build: messages => {
      const parts = messages.flatMap((message, at) => {
        const head = JSON.stringify({ specversion: '1.0', ...attributesOf(message) })
        const data = message.size > 0 ? message.value() : Buffer.from('null')
        return [Buffer.from(`${at === 0 ? '[' : ','}${head.slice(0, -1)},"data":`), data, Buffer.from('}')]
      })
      return Buffer.concat([...parts, Buffer.from(']')])
    }
  }
}

/** Binary mode: one event a request. */
export function cloudEvent(config: HttpTargetConfig, stream: string): Format {
  const attributesOf = attributes(config, stream)
  return {
    contentType: 'application/json',
    isSingle: true,
    overheadBytes: { message: 0, body: 0 },
    build: ([message]) => message?.value() ?? Buffer.alloc(0),
    headers: message => {
      const { datacontenttype: _, ...headers } = attributesOf(message)
      const named = Object.entries(headers).map(([name, value]) => [`ce-${name}`, headerValue(value)])
      return ['ce-specversion', '1.0', ...named.flat()]
    }
  }
}

function attributes({ cloudEvents: { source, type } }: HttpTargetConfig, stream: string) {
  if (source !== undefined && !URL.canParse(source, 'http://base.invalid'))
    throw new FaultError('config_invalid', { path: 'cloudEvents.source', detail: 'must be a URI or a path' })
  return (message: Message) => {
    const subject = message.key()
    return {
      id: message.id(),
      source: source ?? `/tailrace/${stream}`,
      type,
      ...(subject !== null && subject !== '' && { subject }),
      time: new Date(Math.max(0, message.timestampMs)).toISOString(),
      datacontenttype: 'application/json'
    }
  }
}

/** http-protocol-binding 3.1.3.2: space, quote, percent and whatever is not printable ASCII are percent-encoded. */
function headerValue(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent)
}
