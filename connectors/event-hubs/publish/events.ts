// What a message becomes: an event with the very bytes that it has in Kafka, its id, and properties in which fields of it may
// stand. And the partition key that it goes under.

import type { EventData } from '@azure/event-hubs'
import { FaultError } from '../../../schemas/errors.ts'
import type { Failure, Message, TargetEnv } from '../../connector.ts'
import { Fields, textOf } from '../../shared/fields.ts'
import { spreadOf } from '../../shared/spread.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import { detailOf } from '../../shared/tls.ts'
import type { EventHubsTargetConfig } from '../target-config.ts'
import type { Packed } from './delivery.ts'

/** What the service takes. */
const maxKeyLength = 128
const maxIdLength = 128
/**
 * What an event has beside body, id, key, content type and properties, at most: the headers of the sections and lists of AMQP (part
 * 3, 2.8), the name of the annotation, and its place in the batch.
 */
const eventOverheadBytes = 128
const propertyOverheadBytes = 12
/** Of the envelope, without the key. */
const batchOverheadBytes = 96

/**
 * What the SDK takes for the mark of an event that has a trace already. Else it would make a span for each, which nobody records, and
 * which costs a third of all the CPU. It is not enumerable, so it is not sent.
 */
const traced = Object.freeze(Object.defineProperty({}, 'Diagnostic-Id', { value: true }))

type EventsConfig = Pick<EventHubsTargetConfig, 'partitionKeys' | 'contentType' | 'properties'>

export class Events {
  readonly #keys: number | undefined
  readonly #contentType: string
  readonly #contentTypeBytes: number
  readonly #properties: readonly { readonly name: string; readonly value: Template }[]

  /** Throws a FaultError `config_invalid` for what the schema cannot tell. */
  constructor(
    { partitionKeys, contentType, properties }: EventsConfig,
    { replay }: Pick<TargetEnv, 'replay'>
  ) {
    this.#keys = partitionKeys
    this.#contentType = contentType
    this.#contentTypeBytes = Buffer.byteLength(contentType)
    const device = partitionKeys === undefined ? {} : { ident: '{ident}' }
    this.#properties = Object.entries({ ...device, ...properties }).map(([name, value]) => ({
      name,
      value: parseFieldTemplate(`properties.${name}`, value, ['@id'])
    }))
    // A field may hold a brace, the name of a replay not.
    if (replay !== undefined)
      this.#properties = [
        ...this.#properties,
        { name: 'tailrace-replay', value: { texts: [replay], names: [] } }
      ]
  }

  /** What decides on the partition: the device, or one of some keys over which devices are spread. Null for none. */
  keyOf(message: Message): string | null {
    if (this.#keys !== undefined) return String(spreadOf(message, this.#keys))
    return message.key() || null
  }

  /** As many of the messages as fit into one batch, from the first on; one that is larger stands alone, and may fit all the same. */
  pack(key: string | null, messages: readonly Message[], maxBytes: number): Packed {
    const content: EventData[] = []
    let bytes = batchOverheadBytes + textBytes(key)
    for (const message of messages) {
      const event = this.#tryOf(message)
      if ('kind' in event)
        return content.length === 0 ? { count: 1, content: event } : { count: content.length, content }
      bytes += this.#bytesOf(event, key)
      if (bytes > maxBytes && content.length > 0) break
      content.push(event)
    }
    return { count: content.length, content }
  }

  /** Whether they are sure to fit. */
  fit(key: string | null, events: readonly EventData[], maxBytes: number): boolean {
    const bytes = events.reduce(
      (sum, event) => sum + this.#bytesOf(event, key),
      batchOverheadBytes + textBytes(key)
    )
    return bytes <= maxBytes
  }

  #tryOf(message: Message): EventData | Failure {
    try {
      return this.#of(message)
    } catch (error) {
      if (error instanceof FaultError) return { kind: 'reject', code: error.code, detail: error.detail ?? '' }
      // Such as a value that is nested too deeply to be written.
      const detail = `nothing can be made of it: ${detailOf(error)}`
      return { kind: 'reject', code: 'event_hubs_message_unfit', detail }
    }
  }

  #of(message: Message): EventData {
    const key = this.#keys === undefined ? message.key() : null
    if (key !== null && key.length > maxKeyLength) {
      const detail = `its ident has ${key.length} characters, and a partition key at most ${maxKeyLength}`
      throw new FaultError('event_hubs_message_unfit', { detail })
    }
    return {
      body: message.value(),
      contentType: this.#contentType,
      messageId: message.id().slice(-maxIdLength),
      properties: this.#properties.length > 0 ? this.#propertiesOf(message) : traced
    }
  }

  /** How much room it takes in a batch at most. */
  #bytesOf({ body, messageId, properties }: EventData, key: string | null): number {
    const texts = Object.entries<string>(properties ?? {})
    return (
      eventOverheadBytes +
      body.length +
      this.#contentTypeBytes +
      textBytes(messageId) +
      textBytes(key) +
      texts.reduce((sum, [name, text]) => sum + propertyOverheadBytes + textBytes(name) + textBytes(text), 0)
    )
  }

  #propertiesOf(message: Message): Record<string, string> {
    const fields = new Fields(message)
    const properties: Record<string, string> = Object.create(traced)
    for (const { name, value: template } of this.#properties) {
      const value = renderTemplate(template, field =>
        field === '@id' ? message.id() : textOf(fields.get(field))
      )
      // Not by assignment: what it inherits may have the same name.
      Object.defineProperty(properties, name, { value, enumerable: true })
    }
    return properties
  }
}

function textBytes(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0
}
