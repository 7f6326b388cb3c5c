// What is published of a message: exchange, routing key, content and properties. Made when its turn comes, so that only
// what is in flight takes memory.

import { createHash } from 'node:crypto'
import { FaultError } from '../../schemas/errors.ts'
import type { Clock } from '../clock.ts'
import type { Failure, Message, TargetEnv } from '../connector.ts'
import { Fields } from '../shared/fields.ts'
import { itemTemplate, type Shape } from '../shared/json/filled.ts'
import { detailOf } from '../shared/tls.ts'
import type { Varies } from './outcome.ts'
import type { AmqpTargetConfig } from './target-config.ts'
import { TextTemplate } from './text-template.ts'
import { encodeHeader, type Properties } from './wire/properties.ts'
import { encodeTable, maxShortBytes } from './wire/values.ts'

export interface Publication {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
  /** The payload of its header: the length of the body, and the properties. */
  readonly header: Buffer
  /** Of header and body. */
  readonly bytes: number
  readonly messageId: string
}

/** RabbitMQ closes the channel over a longer time, and over one that is no whole number. */
const maxExpirationMs = 0xff_ff_ff_ff

type Env = Pick<TargetEnv, 'clock' | 'replay' | 'ttlMs'>

export class Publications {
  /** Which parts of the place differ from message to message. */
  readonly varies: Varies
  readonly #config: AmqpTargetConfig
  readonly #clock: Clock
  readonly #replay: string | undefined
  /** Null: messages do not expire. */
  readonly #ttlMs: number | null
  readonly #shape: Shape
  readonly #exchange: TextTemplate
  readonly #routingKey: TextTemplate
  readonly #headers: readonly (readonly [name: string, value: TextTemplate])[]
  readonly #texts: readonly (readonly [name: 'type' | 'appId' | 'correlationId', value: TextTemplate])[]

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: AmqpTargetConfig, env: Env) {
    const { exchange, routingKey, headers, type, appId, correlationId } = config
    this.#config = config
    this.#clock = env.clock
    this.#replay = env.replay
    this.#ttlMs = config.expires ? ttlOf(env) : null
    this.#shape = config.item === undefined ? message => message.value() : itemTemplate(config.item)
    this.#exchange = new TextTemplate('exchange', exchange, { isPlace: true })
    this.#routingKey = new TextTemplate('routingKey', routingKey, { isPlace: true })
    if (exchange === '' && routingKey === '')
      throw new FaultError('config_invalid', {
        path: 'routingKey',
        detail: 'is missing: write the name of a queue, or set exchange'
      })
    const mark = env.replay === undefined ? {} : { 'tailrace-replay': env.replay }
    this.#headers = Object.entries({ ...headers, ...mark }).map(([name, text]) => [
      name,
      headerOf(name, text)
    ])
    const texts = Object.entries({ type, appId, correlationId })
    this.#texts = texts.flatMap(([name, text]) =>
      // A name of the object above.
      text === undefined ? [] : [[name as 'type', new TextTemplate(name, text)] as const]
    )
    this.varies = {
      exchange: this.#exchange.isOfFields,
      routingKey: this.#routingKey.isOfFields,
      // With a routing key it is by that key that an exchange routes.
      headers: routingKey === '' && this.#headers.some(([, value]) => value.isOfFields)
    }
  }

  /** What is published of the message, or its outcome when nothing can be. */
  tryOf(message: Message): Publication | Failure {
    try {
      return this.#of(message)
    } catch (error) {
      if (error instanceof FaultError) return { kind: 'reject', code: error.code, detail: error.detail ?? '' }
      // Such as a value that is nested too deeply to be written.
      const detail = `nothing can be made of it: ${detailOf(error)}`
      return { kind: 'reject', code: 'amqp_message_unfit', detail }
    }
  }

  #of(message: Message): Publication {
    const fields = new Fields(message) // parsed once for all that names some of them
    const body = this.#shape(message, fields)
    const messageId = this.#idOf(message)
    const header = encodeHeader(body.length, { ...this.#propertiesOf(message, fields), messageId })
    return {
      exchange: this.#exchange.of(message, fields),
      routingKey: this.#routingKey.of(message, fields),
      body,
      header,
      bytes: header.length + body.length,
      messageId
    }
  }

  #propertiesOf(message: Message, fields: Fields): Properties {
    const { contentType, persistent, priority } = this.#config
    const headers = this.#headers.map(([name, value]) => [name, value.of(message, fields)])
    const texts = this.#texts.map(([name, value]) => [name, value.of(message, fields)])
    return {
      contentType,
      deliveryMode: persistent ? 2 : 1,
      timestamp: Math.max(0, Math.floor(message.timestampMs / 1_000)),
      ...(headers.length > 0 && { headers: encodeTable(Object.fromEntries(headers)) }),
      ...(priority !== undefined && { priority }),
      ...(this.#ttlMs !== null && { expiration: String(this.#leftMs(message, this.#ttlMs)) }),
      ...Object.fromEntries(texts)
    }
  }

  /** A replay is meant to arrive once more. An id that is too long, of a topic with a long name, becomes a hash of itself. */
  #idOf(message: Message): string {
    const id = this.#replay === undefined ? message.id() : `${message.id()}-${this.#replay}`
    if (Buffer.byteLength(id) <= maxShortBytes) return id
    return createHash('sha256').update(id).digest('hex')
  }

  /** At least one; at most what a message has that came just now, since whoever wrote it may have given it a time to come. */
  #leftMs({ timestampMs }: Message, ttlMs: number): number {
    const leftMs = Math.ceil(Math.min(timestampMs - this.#clock.now(), 0) + ttlMs)
    return Math.min(Math.max(1, leftMs), maxExpirationMs)
  }
}

function headerOf(name: string, text: string): TextTemplate {
  const path = `headers.${name}`
  const wrong = (detail: string) => new FaultError('config_invalid', { path, detail })
  // RabbitMQ takes them for lists of further routing keys, and closes the channel over a text.
  if (name === 'CC' || name === 'BCC')
    throw wrong('has a meaning of its own in RabbitMQ and cannot be a text')
  if (Buffer.byteLength(name) > maxShortBytes) throw wrong(`has a name of more than ${maxShortBytes} bytes`)
  return new TextTemplate(path, text, { isLong: true })
}

/** A replay sends what is old, and wants it to arrive. */
function ttlOf({ replay, ttlMs }: Env): number | null {
  if (replay !== undefined) return null
  if (ttlMs !== undefined) return ttlMs
  throw new FaultError('config_invalid', { path: 'expires', detail: 'needs ttlSeconds of the stream' })
}
