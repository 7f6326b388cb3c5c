// What one transfer to the hub holds. A batch is an envelope with a message format of its own, whose body is a list of data
// sections, each a whole encoded message; the partition key stands on the envelope and on each message in it.

import rhea, { type AmqpError } from 'rhea'

const batchFormat = 0x80_01_37_00
const maxPartitionKeyLength = 128
const partitionKeyAnnotation = 'x-opt-partition-key'

/** The fields of a message that matter here. */
interface Decoded {
  readonly body?: unknown
  readonly message_id?: unknown
  readonly content_type?: unknown
  readonly application_properties?: Readonly<Record<string, unknown>>
  readonly message_annotations?: Readonly<Record<string, unknown>>
}

function decode(bytes: Buffer): Decoded {
  const message: object = rhea.message.decode(bytes) // the typings know none of its fields
  return message
}

/** One event as it came. */
export interface Event {
  readonly body: Buffer
  readonly partitionKey: string | null
  readonly messageId: string | null
  readonly contentType: string | null
  readonly properties: Readonly<Record<string, unknown>>
}

/** What is answered as a whole. */
export interface Transfer {
  /** Counts connections from 1. */
  readonly connection: number
  /** `hub`, or `hub/Partitions/n`. */
  readonly address: string
  readonly partitionKey: string | null
  readonly events: readonly Event[]
  /** Of a batch; a message that is none is not measured. */
  readonly bytes: number
}

/** `message` is what rhea gives: of a format that it does not know, the bytes. */
export function readTransfer(
  message: Decoded | Buffer,
  format: number,
  about: { readonly connection: number; readonly address: string }
): Transfer {
  const bytes = Buffer.isBuffer(message) ? message.length : 0
  const envelope: Decoded = Buffer.isBuffer(message) ? decode(message) : message
  const parts: Decoded[] = format === batchFormat ? sectionsOf(envelope).map(decode) : [envelope]
  return { ...about, bytes, partitionKey: keyOf(envelope), events: parts.map(eventOf) }
}

/** What the service takes of nobody; undefined for what it takes. */
export function flawOf({ bytes, partitionKey, events }: Transfer, maxBytes: number): AmqpError | undefined {
  if (maxBytes > 0 && bytes > maxBytes) {
    const description = `The message has ${bytes} bytes, and the link takes ${maxBytes}`
    return { condition: 'amqp:link:message-size-exceeded', description }
  }
  if ((partitionKey?.length ?? 0) > maxPartitionKeyLength)
    return { condition: 'com.microsoft:argument-error', description: 'The partition key is too long' }
  if (events.some(event => event.partitionKey !== partitionKey))
    return { condition: 'amqp:not-allowed', description: 'A batch has one partition key' }
  return undefined
}

/** One section comes as its bytes, several as a list of them. */
function sectionsOf({ body }: Decoded): Buffer[] {
  const content = contentOf(body)
  const list: unknown[] = Array.isArray(content) ? content : [content]
  return list.filter(part => Buffer.isBuffer(part))
}

function contentOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'content' in body ? body.content : body
}

function eventOf(message: Decoded): Event {
  const { message_id: id, content_type: contentType, application_properties: properties } = message
  const body = contentOf(message.body)
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body ?? null)),
    partitionKey: keyOf(message),
    messageId: id === undefined ? null : String(id),
    contentType: typeof contentType === 'string' ? contentType : null,
    properties: properties ?? {}
  }
}

function keyOf({ message_annotations: annotations }: Decoded): string | null {
  const key: unknown = annotations?.[partitionKeyAnnotation]
  return typeof key === 'string' ? key : null
}
