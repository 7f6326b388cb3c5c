// The methods of AMQP 0-9-1 that a publisher and its broker exchange, each with its numbers and arguments in their order
// (specification 1.2 to 1.8; confirm and nack are RabbitMQ's). One table for both directions. Tables stay bytes here, as the
// broker's are of no interest.

import { Reader, Writer } from './values.ts'

interface Kinds {
  octet: number
  short: number
  long: number
  longlong: number
  bit: boolean
  shortstr: string
  longstr: Buffer
}

type Argument = readonly [name: string, kind: keyof Kinds]
interface Spec {
  readonly id: readonly [classId: number, methodId: number]
  readonly args: readonly Argument[]
}

const closing = [
  ['replyCode', 'short'],
  ['replyText', 'shortstr'],
  ['classId', 'short'],
  ['methodId', 'short']
] as const

const methods = {
  connectionStart: {
    id: [10, 10],
    args: [
      ['versionMajor', 'octet'],
      ['versionMinor', 'octet'],
      ['serverProperties', 'longstr'],
      ['mechanisms', 'longstr'],
      ['locales', 'longstr']
    ]
  },
  connectionStartOk: {
    id: [10, 11],
    args: [
      ['clientProperties', 'longstr'],
      ['mechanism', 'shortstr'],
      ['response', 'longstr'],
      ['locale', 'shortstr']
    ]
  },
  connectionTune: {
    id: [10, 30],
    args: [
      ['channelMax', 'short'],
      ['frameMax', 'long'],
      ['heartbeat', 'short']
    ]
  },
  connectionTuneOk: {
    id: [10, 31],
    args: [
      ['channelMax', 'short'],
      ['frameMax', 'long'],
      ['heartbeat', 'short']
    ]
  },
  connectionOpen: {
    id: [10, 40],
    args: [
      ['virtualHost', 'shortstr'],
      ['reserved1', 'shortstr'],
      ['reserved2', 'bit']
    ]
  },
  connectionOpenOk: { id: [10, 41], args: [['reserved1', 'shortstr']] },
  connectionClose: { id: [10, 50], args: closing },
  connectionCloseOk: { id: [10, 51], args: [] },
  connectionBlocked: { id: [10, 60], args: [['reason', 'shortstr']] },
  connectionUnblocked: { id: [10, 61], args: [] },
  channelOpen: { id: [20, 10], args: [['reserved1', 'shortstr']] },
  channelOpenOk: { id: [20, 11], args: [['reserved1', 'longstr']] },
  channelFlow: { id: [20, 20], args: [['active', 'bit']] },
  channelFlowOk: { id: [20, 21], args: [['active', 'bit']] },
  channelClose: { id: [20, 40], args: closing },
  channelCloseOk: { id: [20, 41], args: [] },
  exchangeDeclare: {
    id: [40, 10],
    args: [
      ['reserved1', 'short'],
      ['exchange', 'shortstr'],
      ['type', 'shortstr'],
      ['passive', 'bit'],
      ['durable', 'bit'],
      ['autoDelete', 'bit'],
      ['internal', 'bit'],
      ['noWait', 'bit'],
      ['arguments', 'longstr']
    ]
  },
  exchangeDeclareOk: { id: [40, 11], args: [] },
  queueDeclare: {
    id: [50, 10],
    args: [
      ['reserved1', 'short'],
      ['queue', 'shortstr'],
      ['passive', 'bit'],
      ['durable', 'bit'],
      ['exclusive', 'bit'],
      ['autoDelete', 'bit'],
      ['noWait', 'bit'],
      ['arguments', 'longstr']
    ]
  },
  queueDeclareOk: {
    id: [50, 11],
    args: [
      ['queue', 'shortstr'],
      ['messageCount', 'long'],
      ['consumerCount', 'long']
    ]
  },
  basicPublish: {
    id: [60, 40],
    args: [
      ['reserved1', 'short'],
      ['exchange', 'shortstr'],
      ['routingKey', 'shortstr'],
      ['mandatory', 'bit'],
      ['immediate', 'bit']
    ]
  },
  basicReturn: {
    id: [60, 50],
    args: [
      ['replyCode', 'short'],
      ['replyText', 'shortstr'],
      ['exchange', 'shortstr'],
      ['routingKey', 'shortstr']
    ]
  },
  basicAck: {
    id: [60, 80],
    args: [
      ['deliveryTag', 'longlong'],
      ['multiple', 'bit']
    ]
  },
  basicNack: {
    id: [60, 120],
    args: [
      ['deliveryTag', 'longlong'],
      ['multiple', 'bit'],
      ['requeue', 'bit']
    ]
  },
  confirmSelect: { id: [85, 10], args: [['noWait', 'bit']] },
  confirmSelectOk: { id: [85, 11], args: [] }
} as const satisfies Record<string, Spec>

export type MethodName = keyof typeof methods

export type ArgumentsOf<N extends MethodName> = {
  readonly [A in (typeof methods)[N]['args'][number] as A[0]]: Kinds[A[1]]
}

/** A method that was read, by its name. */
export type Method = {
  [N in MethodName]: { readonly name: N; readonly args: ArgumentsOf<N> }
}[MethodName]

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(methods).map(([name, { id }]) => [numberOf(id[0], id[1]), name])
)

/** The payload of a method frame. Throws a RangeError for a text that is too long for its place. */
export function encodeMethod<N extends MethodName>(name: N, args: ArgumentsOf<N>): Buffer {
  const { id, args: specs }: Spec = methods[name]
  const writer = new Writer().short(id[0]).short(id[1])
  const values: Readonly<Record<string, unknown>> = args
  // The type of `args` has made sure that each value is of the kind that the table has for it.
  for (const [argument, kind] of specs) writer[kind](values[argument] as never)
  return writer.bytes()
}

/** Throws an Error for a method that is not in the table, or does not end where it should. */
export function decodeMethod(payload: Buffer): Method {
  const reader = new Reader(payload)
  const [classId, methodId] = [reader.short(), reader.short()]
  const name = names.get(numberOf(classId, methodId))
  if (name === undefined) throw new Error(`method ${classId}.${methodId}, which was not asked for`)
  const { args }: Spec = methods[name as MethodName] // a name of the table
  const values = Object.fromEntries(args.map(([argument, kind]) => [argument, reader[kind]()]))
  if (!reader.isAtEnd) throw new Error(`${name}, and bytes behind its end`)
  return { name, args: values } as unknown as Method // read by the table that the type is made of
}

function numberOf(classId: number, methodId: number): number {
  return classId * 65_536 + methodId
}
