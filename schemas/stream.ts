// The shape of a stream in the configuration: what it reads, how it delivers, and what it does with failures. The
// target brings its own part.

import { type Static, type TUnsafe, Type } from 'typebox'
import { count, expression, type Frozen, milliseconds, type OneOfKinds, topicName } from './define.ts'
import { objectiveSchema } from './stream/objective.ts'
import { silenceSchema } from './stream/silence.ts'
import { ledgerSchema, receiptsSchema, sequenceSchema, stateSchema } from './stream/topics.ts'

const retrySchema = Type.Object(
  {
    minDelayMs: milliseconds(
      'Ceiling of the first back-off; the delay is random below it (full jitter).',
      500
    ),
    maxDelayMs: milliseconds('Ceiling of every back-off.', 30_000),
    haltedDelayMs: milliseconds('How often a halted stream tries again by itself.', 60_000),
    maxAttempts: Type.Optional(
      Type.Integer({
        description:
          'After so many failed attempts a message goes to the dead letters, if its destination takes others; default: never.',
        minimum: 1
      })
    )
  },
  { additionalProperties: false, description: 'How long to wait after a failed attempt.', default: {} }
)

/** `topic` is what its name is by default. */
export const deadLettersSchema = (topic: string, description: string) =>
  Type.Object(
    {
      topic: Type.Optional(topicName(`The Kafka topic; default: ${topic}.`)),
      partitions: count('Partitions of the topic when Tailrace creates it.', 1),
      retentionHours: count('How long Kafka keeps dead letters when Tailrace creates the topic.', 720)
    },
    { additionalProperties: false, description, default: {} }
  )

const heldSchema = Type.Object(
  {
    topic: Type.Optional(topicName('The Kafka topic; default: <group>.held.')),
    maxDelayMs: milliseconds('Ceiling of the back-off with which a waiting device is tried again.', 300_000),
    maxHours: count('A message that has waited so long goes to the dead letters.', 168)
  },
  {
    additionalProperties: false,
    description: 'Where the messages of devices wait that the target refuses, while the others go on.',
    default: {}
  }
)

const safetyStopSchema = Type.Object(
  {
    rejected: count('Halts the stream when more messages than this ...', 100),
    of: count('... of the last so many were rejected. Equal numbers switch it off.', 1_000)
  },
  {
    additionalProperties: false,
    description: 'Halts a stream whose target rejects too much, before all of it becomes dead letters.',
    default: {}
  }
)

const perSecond = (what: string) =>
  Type.Optional(Type.Number({ description: `${what} per second.`, minimum: 0.01, examples: [500] }))

const rateLimitSchema = Type.Object(
  {
    messagesPerSecond: perSecond('Messages'),
    requestsPerSecond: perSecond(
      'Batches, each of which is one request or packet where the protocol has them,'
    ),
    bytesPerSecond: perSecond('Bytes of messages')
  },
  {
    additionalProperties: false,
    description:
      'What the target is sent at most, by all processes together: each takes the part that its partitions are of all. What is sent again counts too. Default: no limit.',
    default: {}
  }
)

export const streamSchema = (target: TUnsafe<OneOfKinds>, step: TUnsafe<OneOfKinds>) =>
  Type.Object(
    {
      from: Type.Array(Type.String(), {
        description:
          'The channels it reads; "fleet/8686*" is those devices of a channel, by their idents, where * stands for any characters. What several entries name is sent once.',
        minItems: 1,
        uniqueItems: true,
        examples: [['fleet'], ['fleet/8686*', 'vans/868647414815077']]
      }),
      where: Type.Optional(
        expression('Of those, only devices whose attributes make this true: "axles >= 2".')
      ),
      requires: Type.Array(Type.String({ minLength: 1 }), {
        description:
          'Attributes that every device must have. One that lacks any waits in the held topic until it has it, where onDeviceReject is hold; else its messages go to the dead letters.',
        uniqueItems: true,
        default: []
      }),
      group: Type.Optional(
        Type.String({
          description: 'The consumer group; default: tailrace.<name of the stream>.',
          minLength: 1,
          maxLength: 249,
          'x-public': true
        })
      ),
      start: Type.String({
        description:
          'Where a new stream begins: latest, earliest, or an ISO 8601 time. Without effect once it has committed.',
        default: 'latest',
        format: 'start',
        examples: ['latest', 'earliest', '2026-01-31T08:00:00Z']
      }),
      steps: Type.Array(step, {
        description: 'What is done with a message before it is sent, one step after the other.',
        default: []
      }),
      state: stateSchema,
      attemptTimeoutMs: milliseconds('Deadline of one attempt, whatever the target does.', 60_000),
      retry: retrySchema,
      deadLetters: deadLettersSchema(
        '<group>.dead-letters',
        'Where messages go that the target will never take.'
      ),
      onDeviceReject: Type.Optional(
        Type.Enum(['hold', 'dead-letter'], {
          description:
            'What becomes of a device that the target refuses, and not only its message. hold: its messages wait in the held topic, in order, until it is taken; dead-letter: each goes to the dead letters. Default: hold where order is device, else dead-letter.'
        })
      ),
      held: heldSchema,
      ledger: Type.Optional(ledgerSchema),
      silence: Type.Optional(silenceSchema),
      objective: Type.Optional(objectiveSchema),
      sequence: Type.Optional(sequenceSchema),
      receipts: Type.Optional(receiptsSchema),
      order: Type.Enum(['device', 'partition', 'none'], {
        description:
          'What is delivered in order: the messages of a device, of a whole partition, or none. The less order, the more at once.',
        default: 'device'
      }),
      concurrency: count(
        'Batches in flight at the same time over all destinations; a target limits them per destination.',
        256
      ),
      onePerDevice: Type.Boolean({
        description: 'A batch holds one message of a device at most; only with order: device.',
        default: false
      }),
      adaptiveConcurrency: Type.Boolean({
        description:
          'Finds out how many batches in flight each destination takes best, from its latency and its answers, up to batchesInFlight of the target; without it there are always as many.',
        default: false
      }),
      rateLimit: rateLimitSchema,
      ttlSeconds: Type.Optional(
        Type.Number({
          description: 'Messages that Kafka got longer ago are not sent any more; default: any age is sent.',
          exclusiveMinimum: 0
        })
      ),
      maxSpan: count('Offsets that a partition reads beyond the oldest unsettled message at most.', 100_000),
      safetyStop: safetyStopSchema,
      paused: Type.Boolean({
        description: 'The stream keeps its place and delivers nothing; its messages stay in Kafka.',
        default: false
      }),
      target
    },
    {
      additionalProperties: false,
      description: 'A subscription of channels and one target: one consumer group.'
    }
  )

export type RetryConfig = Frozen<Static<typeof retrySchema>>
export type RateLimitConfig = Frozen<Static<typeof rateLimitSchema>>
export type SafetyStopConfig = Frozen<Static<typeof safetyStopSchema>>
export type ObjectiveConfig = Frozen<Static<typeof objectiveSchema>>
export type DeadLettersConfig = Frozen<Static<ReturnType<typeof deadLettersSchema>>> & {
  readonly topic: string
}
export type HeldConfig = Frozen<Static<typeof heldSchema>> & { readonly topic: string }

export type StateConfig = Frozen<Static<typeof stateSchema>> & { readonly topic: string }
export type LedgerConfig = Frozen<Static<typeof ledgerSchema>> & { readonly topic: string }
export type SequenceConfig = Frozen<Static<typeof sequenceSchema>> & { readonly topic: string }
export type ReceiptsConfig = Frozen<Static<typeof receiptsSchema>> & { readonly topic: string }

/** A stream; its group and the names of its topics are filled in. */
export type StreamConfig = Omit<
  Frozen<Static<ReturnType<typeof streamSchema>>>,
  'deadLetters' | 'held' | 'ledger' | 'receipts' | 'sequence' | 'state'
> & {
  readonly group: string
  readonly deadLetters: DeadLettersConfig
  readonly held: HeldConfig
  readonly ledger?: LedgerConfig
  readonly sequence?: SequenceConfig
  readonly receipts?: ReceiptsConfig
  readonly state: StateConfig
}

/** What an entry of `from` names: `fleet/8686*`. */
export function splitEntry(entry: string): { readonly channel: string; readonly device: string | null } {
  const slash = entry.indexOf('/')
  if (slash < 0) return { channel: entry, device: null }
  return { channel: entry.slice(0, slash), device: entry.slice(slash + 1) }
}

/** The channels that a stream reads, each once. */
export function channelsOf({ from }: Pick<StreamConfig, 'from'>): string[] {
  return [...new Set(from.map(entry => splitEntry(entry).channel))]
}

/** The topics of the channels that a stream reads; a channel that is not known has none. */
export function topicsOf(
  stream: Pick<StreamConfig, 'from'>,
  channels: Readonly<Record<string, { readonly topic: string }>>
): string[] {
  return channelsOf(stream).flatMap(channel => channels[channel]?.topic ?? [])
}

/** How long after Kafka got them its messages are sent, in ms; undefined: for ever. */
export function ttlMsOf({ ttlSeconds }: StreamConfig): number | undefined {
  return ttlSeconds === undefined ? undefined : ttlSeconds * 1_000
}
