// The properties of a message: those that the hub knows (message id, correlation id, content type and encoding), and those
// of the application. https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-construct

import { createHash } from 'node:crypto'
import type { Message, TargetEnv } from '../../connector.ts'
import { type Fields, textOf } from '../../shared/fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import type { IotHubTargetConfig } from '../target-config.ts'

/** Those that are told. */
export type SystemProperties = Readonly<
  Partial<Record<'messageId' | 'correlationId' | 'contentType' | 'contentEncoding', string>>
>

/** What an id may be made of. */
const id = /^[A-Za-z0-9:.+%_#*?!(),=@;$'-]{1,128}$/

/** What may stand in a text beside fields. */
const own = ['@id'] as const

export class Properties {
  readonly #messageId: Template
  readonly #correlationId: Template
  readonly #fixed: SystemProperties
  readonly #entries: readonly (readonly [name: string, value: Template])[]

  /** Throws a FaultError `config_invalid` for what no message can have. */
  constructor(config: IotHubTargetConfig, { replay }: Pick<TargetEnv, 'replay'>) {
    const { messageId, correlationId = '', contentType, contentEncoding, properties } = config
    this.#messageId = parseFieldTemplate('messageId', messageId, own)
    this.#correlationId = parseFieldTemplate('correlationId', correlationId, own)
    this.#fixed = told({ contentType, contentEncoding })
    const mark = replay === undefined ? {} : { 'tailrace-replay': replay }
    this.#entries = Object.entries({ ...properties, ...mark }).map(([name, value]) => [
      name,
      parseFieldTemplate(`properties.${name}`, value, own)
    ])
  }

  of(
    message: Message,
    fields: Fields
  ): {
    system: SystemProperties
    properties: (readonly [name: string, value: string])[]
  } {
    const rendered = (template: Template) =>
      wellFormed(renderTemplate(template, name => (name === '@id' ? message.id() : textOf(fields.get(name)))))
    const messageId = idOf(rendered(this.#messageId))
    const correlationId = idOf(rendered(this.#correlationId))
    const properties = this.#entries
      .map(([name, value]) => [name, rendered(value)] as const)
      .filter(([, value]) => value !== '')
    return { system: { ...told({ messageId, correlationId }), ...this.#fixed }, properties }
  }
}

/** What is longer than the hub takes, or holds what it does not, is hashed, so that it still tells repeats. */
function idOf(text: string): string {
  return text === '' || id.test(text) ? text : createHash('sha256').update(text).digest('hex')
}

/** Without those that are empty. */
function told<T extends Record<string, string>>(texts: T): Partial<T> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')) as Partial<T> // a part of it
}

/** Half of a surrogate pair is no text that could be sent. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
