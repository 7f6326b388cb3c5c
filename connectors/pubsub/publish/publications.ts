// What a message becomes at Pub/Sub: its bytes, with an ordering key and attributes, for a topic. Texts of the configuration
// are templates in which fields of the message stand.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message, TargetEnv } from '../../connector.ts'
import { Fields, textOf, unfitFor } from '../../shared/fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import type { PubsubTargetConfig } from '../target-config.ts'
import {
  maxAttributeBytes,
  maxAttributes,
  maxMessageBytes,
  maxOrderingKeyBytes,
  overheadBytes
} from './limits.ts'

/** A PubsubMessage (google/pubsub/v1/pubsub.proto) and the topic it goes to. */
export interface Publication {
  /** Its full name. */
  readonly topic: string
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
  /** "" for none. */
  readonly orderingKey: string
  /** Of the message in a request, somewhat more rather than less. */
  readonly bytes: number
}

const fullName = /^projects\/[^/]+\/topics\/(.+)$/
/** https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const topicId = /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/

const lone = /\p{Surrogate}/gu

export class Publications {
  readonly #topic: Template
  /** Null: without. */
  readonly #orderingKey: Template | null
  readonly #attributes: readonly { readonly name: string; readonly value: Template }[]

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(config: PubsubTargetConfig, { replay }: Pick<TargetEnv, 'replay'>) {
    this.#topic = topicOf(config)
    this.#orderingKey =
      config.orderingKey === 'none' ? null : parseFieldTemplate('orderingKey', config.orderingKey)
    const { idAttribute } = config
    const attributes = {
      ...config.attributes,
      ...(idAttribute !== '' && { [idAttribute]: '{@id}' }),
      ...(replay !== undefined && { 'tailrace-replay': replay })
    }
    this.#attributes = attributesOf(attributes)
  }

  /** Do messages have topics of their own? */
  get haveTopics(): boolean {
    return this.#topic.names.length > 0
  }

  /** The one topic that all messages go to; null where they have their own. */
  get topic(): string | null {
    return this.haveTopics ? null : (this.#topic.texts[0] ?? '')
  }

  /** Throws a FaultError `pubsub_message_unfit` or `pubsub_too_large` when the message cannot be sent. */
  of(message: Message): Publication {
    const fields = new Fields(message)
    const data = message.value()
    const attributes: Record<string, string> = {}
    let bytes = overheadBytes + data.length
    for (const { name, value } of this.#attributes) {
      // Half of a surrogate pair is no UTF-8: the service would refuse it, or not say what is wrong.
      const text = renderTemplate(value, field =>
        field === '@id' ? message.id() : textOf(fields.get(field))
      ).replace(lone, '\ufffd')
      const size = Buffer.byteLength(text)
      if (size > maxAttributeBytes.value)
        throw unfit(`its attribute ${name} has ${size} bytes, at most ${maxAttributeBytes.value}`)
      if (text !== '') attributes[name] = text // what a message lacks, it has no attribute of
      bytes += size + name.length * 4 + overheadBytes
    }
    if (data.length > maxMessageBytes)
      throw new FaultError('pubsub_too_large', {
        detail: `it has ${data.length} bytes, at most ${maxMessageBytes}`
      })
    if (data.length === 0 && Object.keys(attributes).length === 0)
      throw unfit('it has neither a value nor attributes')
    const orderingKey = this.#keyOf(fields)
    bytes += orderingKey.length * 4
    return { topic: this.#topicOf(fields), data, attributes, orderingKey, bytes }
  }

  #topicOf(fields: Fields): string {
    if (!this.haveTopics) return this.#topic.texts[0] ?? ''
    const topic = renderTemplate(this.#topic, name => fieldOf(name, fields))
    const id = fullName.exec(topic)?.[1] ?? ''
    if (!topicId.test(id))
      throw unfit(`"${id.slice(0, 80)}" is no name of a topic: 3 to 255 letters, digits or -._~+%`)
    return topic
  }

  /** A message without device has no order to keep. */
  #keyOf(fields: Fields): string {
    const key = this.#orderingKey
    if (key === null) return ''
    const isOfDevice = key.names.length === 1 && key.names[0] === 'ident'
    if (isOfDevice && (fields.get('ident') ?? '') === '') return ''
    const text = renderTemplate(key, name => fieldOf(name, fields))
    const size = Buffer.byteLength(text)
    if (size > maxOrderingKeyBytes)
      throw unfit(`its ordering key has ${size} bytes, at most ${maxOrderingKeyBytes}`)
    return text
  }
}

function topicOf({ project, topic }: PubsubTargetConfig): Template {
  const isFull = topic.startsWith('projects/')
  if (!isFull && project === undefined)
    throw wrong(
      'project',
      'is missing: needed where topic is no full name (projects/<project>/topics/<topic>)'
    )
  if (isFull && project !== undefined)
    throw wrong('project', 'must not stand beside a topic that is a full name')
  const parsed = parseFieldTemplate('topic', isFull ? topic : `projects/${project}/topics/${topic}`)
  // With a field in its place, as messages have it.
  const id = fullName.exec(renderTemplate(parsed, () => 'field'))?.[1] ?? ''
  if (!topicId.test(id))
    throw wrong('topic', 'must be 3 to 255 letters, digits or -._~+%, and begin with a letter, not with goog')
  return parsed
}

function attributesOf(texts: Readonly<Record<string, string>>) {
  const entries = Object.entries(texts)
  if (entries.length > maxAttributes)
    throw wrong('attributes', `must be ${maxAttributes} at most, with the id and the name of a replay`)
  for (const [name] of entries) {
    if (Buffer.byteLength(name) > maxAttributeBytes.name)
      throw wrong('attributes', `must have names of ${maxAttributeBytes.name} bytes at most`)
    if (name.startsWith('goog')) throw wrong('attributes', 'must not have names that begin with goog')
  }
  return entries.map(([name, text]) => ({
    name,
    value: parseFieldTemplate(`attributes.${name}`, text, ['@id'])
  }))
}

/** What stands in a topic or an ordering key in the place of a name. */
function fieldOf(name: string, fields: Fields): string {
  const problem = unfitFor(name, fields)
  if (problem !== null) throw unfit(problem)
  return String(fields.get(name))
}

function unfit(detail: string): FaultError {
  return new FaultError('pubsub_message_unfit', { detail })
}

function wrong(path: string, detail: string): FaultError {
  return new FaultError('config_invalid', { path, detail })
}
