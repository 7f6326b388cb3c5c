// The header of a message: how long its content is, and its properties (AMQP 0-9-1, 4.2.6.1 and 1.8). Only those that are
// there are written, and a word of flags says which these are.

import { Reader, Writer } from './values.ts'

const basicClass = 60

export interface Properties {
  readonly contentType?: string
  /** The bytes of a table. */
  readonly headers?: Buffer
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: number
  readonly priority?: number
  readonly correlationId?: string
  /** In ms, as a text of digits. */
  readonly expiration?: string
  readonly messageId?: string
  /** Unix time in seconds. */
  readonly timestamp?: number
  readonly type?: string
  readonly appId?: string
}

/** All that the protocol knows, each with the bit that announces it, in the order in which they are written. */
const layout = [
  ['contentType', 15, 'shortstr'],
  ['contentEncoding', 14, 'shortstr'],
  ['headers', 13, 'longstr'],
  ['deliveryMode', 12, 'octet'],
  ['priority', 11, 'octet'],
  ['correlationId', 10, 'shortstr'],
  ['replyTo', 9, 'shortstr'],
  ['expiration', 8, 'shortstr'],
  ['messageId', 7, 'shortstr'],
  ['timestamp', 6, 'longlong'],
  ['type', 5, 'shortstr'],
  ['userId', 4, 'shortstr'],
  ['appId', 3, 'shortstr'],
  ['clusterId', 2, 'shortstr']
] as const

/** The payload of a header frame. Throws a RangeError for a text that is too long for its place. */
export function encodeHeader(bodyBytes: number, properties: Properties): Buffer {
  const values: Readonly<Record<string, unknown>> = { ...properties }
  const given = layout.filter(([name]) => values[name] !== undefined)
  const flags = given.reduce((sum, [, bit]) => sum | (1 << bit), 0)
  const writer = new Writer().short(basicClass).short(0).longlong(bodyBytes).short(flags)
  // The type of `properties` has made sure that each value is of the kind that the layout has for it.
  for (const [name, , kind] of given) writer[kind](values[name] as never)
  return writer.bytes()
}

/** Throws an Error for what is no header, or does not end where it should. */
export function decodeHeader(payload: Buffer): { bodyBytes: number; properties: Properties } {
  const reader = new Reader(payload)
  if (reader.short() !== basicClass) throw new Error('a header of another class than basic')
  reader.short()
  const bodyBytes = reader.longlong()
  const flags = reader.short()
  const given = layout.filter(([, bit]) => (flags & (1 << bit)) !== 0)
  const properties: Properties = Object.fromEntries(given.map(([name, , kind]) => [name, reader[kind]()]))
  if (!reader.isAtEnd) throw new Error('bytes behind the end of a header')
  return { bodyBytes, properties }
}
