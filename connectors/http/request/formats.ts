// What the body of a request is made of. Where nothing is added to the messages their bytes are copied as they are
// (body.ts); what is added stands beside them or right before their closing brace, so that they stay what they were.

import { FaultError } from '../../../schemas/errors.ts'
import { Message } from '../../kafka/log/message.ts'
import { Fields } from '../../shared/fields.ts'
import { arrayBody, ndjsonBody } from '../../shared/json/bodies.ts'
import { itemTemplate } from '../../shared/json/filled.ts'
import type { HttpTargetConfig } from '../target-config.ts'
import { bodyTemplate } from './body-template.ts'
import { cloudEvent, cloudEvents } from './cloud-events.ts'

export interface Format {
  readonly contentType: string
  /** Does a request hold one message? */
  readonly isSingle: boolean
  /** What the body takes beside the messages: `message` bytes for each, and `body` bytes once. */
  readonly overheadBytes: { readonly message: number; readonly body: number }
  /** `batchId` is the same for every attempt with the same messages. Throws a FaultError for a message that does not fit. */
  build(messages: readonly Message[], batchId: string): Buffer
  /** Headers that belong to the message: name, value, name, value, ... */
  headers?(message: Message): string[]
}

/** Throws a FaultError `config_invalid` for what does not go together. */
export function formatOf(config: HttpTargetConfig, stream: string): Format {
  const format = choose(config, stream)
  const { field, header } = config.messageId
  if (header !== undefined && !format.isSingle) {
    const detail = 'needs a request for each message: format object, form or cloudevent'
    throw new FaultError('config_invalid', { path: 'messageId.header', detail })
  }
  const shaped = config.item === undefined ? format : shapedBy(format, config.item)
  return field === undefined ? shaped : identifiedBy(shaped, field)
}

/** Each message becomes what the user has written. */
function shapedBy(format: Format, item: string): Format {
  const shape = itemTemplate(item)
  return changed(format, item.length + 64, message => withValue(message, shape(message)))
}

/** Each message has its id in a field. */
function identifiedBy(format: Format, field: string): Format {
  const bytes = Buffer.byteLength(JSON.stringify(field)) + maxIdBytes
  return changed(format, bytes, message => withId(message, field))
}

/** `bytes` is what the change adds to a message at most. */
function changed(format: Format, bytes: number, change: (message: Message) => Message): Format {
  const { message, body } = format.overheadBytes
  return {
    ...format,
    overheadBytes: { message: message + bytes, body },
    build: (messages, batchId) => format.build(messages.map(change), batchId)
  }
}

/** A topic, a partition, an offset and what stands between and around them. */
const maxIdBytes = 249 + 10 + 16 + 6

function choose(config: HttpTargetConfig, stream: string): Format {
  const { format = 'array', body } = config
  if (body !== undefined) {
    if (config.format === undefined) return bodyTemplate(body)
    throw new FaultError('config_invalid', { path: 'format', detail: 'must not be set beside body' })
  }
  if (format === 'cloudevents') return cloudEvents(config, stream)
  if (format === 'cloudevent') return cloudEvent(config, stream)
  return plainFormats[format]
}

const plainFormats = {
  array: {
    contentType: 'application/json',
    isSingle: false,
    overheadBytes: { message: 1, body: 1 },
    build: arrayBody
  },
  ndjson: {
    contentType: 'application/x-ndjson',
    isSingle: false,
    overheadBytes: { message: 1, body: 0 },
    build: ndjsonBody
  },
  object: {
    contentType: 'application/json',
    isSingle: true,
    overheadBytes: { message: 0, body: 0 },
    build: ([message]: readonly Message[]) => message?.value() ?? Buffer.alloc(0)
  },
  form: {
    contentType: 'application/x-www-form-urlencoded',
    isSingle: true,
    overheadBytes: { message: 0, body: 0 },
    build: ([message]: readonly Message[]) => formBody(message)
  }
} satisfies Record<string, Format>

/** What is no text is written as JSON, so that nothing is lost. */
function formBody(message: Message | undefined): Buffer {
  const entries = message === undefined ? undefined : new Fields(message).entries()
  if (entries === undefined) {
    const detail = 'it is no JSON object, so it has no fields for a form'
    throw new FaultError('http_message_unfit', { detail })
  }
  const form = new URLSearchParams()
  for (const [name, value] of entries)
    form.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  return Buffer.from(form.toString())
}

/** The message with one field more. Bytes that are no object stay as they are. */
function withId(message: Message, field: string): Message {
  const value = message.value()
  const closing = value.lastIndexOf('}')
  if (closing === -1) return message
  const isEmpty = /^\s*\{\s*$/.test(value.toString('utf8', 0, closing))
  const member = `${isEmpty ? '' : ','}${JSON.stringify(field)}:${JSON.stringify(message.id())}`
  return withValue(
    message,
    Buffer.concat([value.subarray(0, closing), Buffer.from(member), value.subarray(closing)])
  )
}

/** The same message with another value; nobody asks for its headers any more. */
function withValue(message: Message, value: Buffer): Message {
  const { origin, offset, timestampMs } = message
  const key = Buffer.from(message.key() ?? '')
  const bytes = Buffer.concat([key, value])
  const { length: valueEnd } = bytes
  const keyEnd = message.key() === null ? -1 : key.length
  const view = {
    offset,
    timestampMs,
    bytes,
    keyStart: 0,
    keyEnd,
    headersStart: valueEnd,
    headersEnd: valueEnd
  }
  return new Message(origin, { ...view, valueStart: key.length, valueEnd })
}
