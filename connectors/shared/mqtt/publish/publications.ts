// What a PUBLISH holds: topic, payload and properties of one message, or of several that have the same topic. Made when
// its turn comes, so that only what is in flight takes memory.

import type { IClientPublishOptions } from 'mqtt'
import { FaultError } from '../../../../schemas/errors.ts'
import type { Clock } from '../../../clock.ts'
import type { Failure, Message, TargetEnv } from '../../../connector.ts'
import { Fields } from '../../fields.ts'
import { detailOf } from '../../tls.ts'
import type { PublishConfig } from './config.ts'
import { propertiesBytes } from './packet-size.ts'
import { type Payload, payloadOf } from './payload.ts'
import { problemOf } from './text.ts'
import { Topic } from './topic.ts'
import { UserProperties } from './user-properties.ts'

const maxExpirySeconds = 0xff_ff_ff_ff

export type Properties = NonNullable<IClientPublishOptions['properties']>

export interface Publication {
  readonly topic: string
  readonly payload: Buffer
  /** Null in MQTT 3.1.1, which has none. */
  readonly properties: Properties | null
  /** Their size in the packet. */
  readonly propertiesBytes: number
}

export interface PublicationsOptions {
  readonly config: PublishConfig
  readonly isVersion5: boolean
  readonly env: Pick<TargetEnv, 'clock' | 'replay' | 'ttlMs'>
  /** What a platform demands of a PUBLISH beyond MQTT. Throws a FaultError whose code has the outcome `reject`. */
  readonly check?: (publication: Publication) => void
}

export class Publications {
  readonly #config: PublishConfig
  readonly #topic: Topic
  readonly #payload: Payload
  readonly #isSingle: boolean
  readonly #clock: Clock
  readonly #check: PublicationsOptions['check']
  /** Null: messages do not expire. */
  readonly #ttlMs: number | null
  readonly #userProperties: UserProperties
  /** The properties of all messages, unless they differ. */
  readonly #fixed: Pick<Publication, 'properties' | 'propertiesBytes'> | null

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor({ config, isVersion5, env, check }: PublicationsOptions) {
    this.#config = config
    this.#check = check
    this.#topic = new Topic(config.topic)
    this.#payload = payloadOf(config)
    this.#isSingle = config.format === 'object'
    this.#clock = env.clock
    this.#ttlMs = config.expires ? ttlOf(env) : null
    const mark = env.replay === undefined || !isVersion5 ? {} : { 'tailrace-replay': env.replay }
    this.#userProperties = new UserProperties({ ...config.userProperties, ...mark })
    if (!isVersion5) refuseProperties(config)
    const problem = problemOf(config.contentType ?? '')
    if (problem !== null) wrong('contentType', problem)
    const { names } = this.#userProperties
    if (names.length > 0 && !this.#isSingle)
      wrong('userProperties', 'must name no fields where a PUBLISH holds several messages')
    const isFixed = names.length === 0 && this.#ttlMs === null
    if (!isVersion5) this.#fixed = { properties: null, propertiesBytes: 0 }
    else this.#fixed = isFixed ? sized(this.#propertiesOf()) : null
  }

  /** Do messages have topics of their own? */
  get haveTopics(): boolean {
    return this.#topic.isTemplate
  }

  /** Throws a FaultError: `mqtt_message_unfit` when one of the messages has no topic or no device. */
  of(messages: readonly Message[]): Publication {
    const [first] = messages
    if (first === undefined) throw new FaultError('internal', { detail: 'a PUBLISH without message' })
    const fields = new Fields(first) // parsed once for all that names some of them
    const { properties, propertiesBytes } = this.#fixed ?? sized(this.#propertiesOf(first, fields))
    const topic = this.#topic.of(fields)
    const publication = { topic, payload: this.#payload(messages, fields), properties, propertiesBytes }
    this.#check?.(publication)
    return publication
  }

  /** The same, or the outcome of messages of which nothing can be published. */
  tryOf(messages: readonly Message[]): Publication | Failure {
    try {
      return this.of(messages)
    } catch (error) {
      if (error instanceof FaultError) return { kind: 'reject', code: error.code, detail: error.detail ?? '' }
      // Such as a value that is nested too deeply to be written.
      const detail = `nothing can be made of it: ${detailOf(error)}`
      return { kind: 'reject', code: 'mqtt_message_unfit', detail }
    }
  }

  /**
   * Which messages travel together, as positions, in the order in which they are published. Those of a device stay in their
   * order; those that are to travel alone do.
   */
  group(messages: readonly Message[], isAlone: (message: Message) => boolean): number[][] {
    if (this.#isSingle) return messages.map((_, at) => [at])
    const groups: number[][] = []
    const ofTopic = new Map<string, number>()
    const ofDevice = new Map<string | null, number>()
    for (const [at, message] of messages.entries()) {
      const topic = isAlone(message) ? null : this.#topicOf(message)
      const device = message.key()
      const open = topic === null ? undefined : ofTopic.get(topic)
      const mayJoin = open !== undefined && open >= (ofDevice.get(device) ?? 0)
      const group = mayJoin ? open : groups.push([]) - 1
      groups[group]?.push(at)
      if (topic !== null) ofTopic.set(topic, group)
      ofDevice.set(device, group)
    }
    return groups
  }

  /** Null for a message that has none, and is refused when its turn comes. */
  #topicOf(message: Message): string | null {
    try {
      return this.#topic.of(new Fields(message))
    } catch {
      return null
    }
  }

  /** Without a message, those that all have in common. */
  #propertiesOf(message?: Message, fields?: Fields): Properties {
    const { contentType } = this.#config
    return {
      ...(contentType !== undefined && { contentType }),
      ...(!this.#userProperties.isEmpty && { userProperties: this.#userProperties.of(message, fields) }),
      ...(this.#ttlMs !== null &&
        message !== undefined && { messageExpiryInterval: this.#leftSeconds(message, this.#ttlMs) })
    }
  }

  /**
   * At least one: 0 would be dropped by some brokers and kept for ever by others. At most what a message has that came just
   * now, since whoever wrote it to Kafka may have given it a time to come; and what four bytes hold.
   */
  #leftSeconds({ timestampMs }: Message, ttlMs: number): number {
    const leftMs = Math.min(timestampMs - this.#clock.now(), 0) + ttlMs
    return Math.min(Math.max(1, Math.ceil(leftMs / 1_000)), maxExpirySeconds)
  }
}

function sized(properties: Properties): Pick<Publication, 'properties' | 'propertiesBytes'> {
  return { properties, propertiesBytes: propertiesBytes(properties) }
}

/** A replay sends what is old, and wants it to arrive. */
function ttlOf({ replay, ttlMs }: PublicationsOptions['env']): number | null {
  return replay === undefined ? (ttlMs ?? wrong('expires', 'needs ttlSeconds of the stream')) : null
}

function refuseProperties({ contentType, userProperties, expires }: PublishConfig): void {
  const needed = 'needs MQTT 5'
  if (contentType !== undefined) wrong('contentType', needed)
  if (Object.keys(userProperties).length > 0) wrong('userProperties', needed)
  if (expires) wrong('expires', needed)
}

function wrong(path: string, detail: string): never {
  throw new FaultError('config_invalid', { path, detail })
}
