// The properties of a message: those that the hub knows (message id, correlation id, content type and encoding), and those
// of the application. https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-construct

import { createHash } from 'node:crypto'
import { FaultError } from '../../../schemas/errors.ts'
import type { Message, TargetEnv } from '../../connector.ts'
import type { Fields } from '../../shared/fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import type { IotHubTargetConfig } from '../target-config.ts'

/** Those that are told. */
export type SystemProperties = Readonly<
  Partial<Record<'messageId' | 'correlationId' | 'contentType' | 'contentEncoding', string>>
>

/** What an id may be made of. */
const id = /^[A-Za-z0-9:.+%_#*?!(),=@;$'-]{1,128}$/

export class Properties {
  readonly #messageId: Template
  readonly #correlationId: Template
  readonly #fixed: SystemProperties
  readonly #entries: readonly (readonly [name: string, value: Template])[]

  /** Throws a FaultError `config_invalid` for what no message can have. */
  constructor(config: IotHubTargetConfig, { replay }: Pick<TargetEnv, 'replay'>) {
    const { messageId, correlationId = '', contentType, contentEncoding, properties } = config
    this.#messageId = templateOf('messageId', messageId)
    this.#correlationId = templateOf('correlationId', correlationId)
    this.#fixed = told({ contentType, contentEncoding })
    const mark = replay === undefined ? {} : { 'tailrace-replay': replay }
    this.#entries = Object.entries({ ...properties, ...mark }).map(([name, value]) => [
      name,
      templateOf('properties', value)
    ])
  }

  of(
    message: Message,
    fields: Fields
  ): {
    system: SystemProperties
    properties: (readonly [name: string, value: string])[]
  } {
    const textOf = (template: Template) =>
      wellFormed(
        renderTemplate(template, name => (name === '@id' ? message.id() : textOfValue(fields.get(name))))
      )
    const messageId = idOf(textOf(this.#messageId))
    const correlationId = idOf(textOf(this.#correlationId))
    const properties = this.#entries
      .map(([name, value]) => [name, textOf(value)] as const)
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

/** What a message lacks is an empty text. */
function textOfValue(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Half of a surrogate pair is no text that could be sent. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

function templateOf(path: string, text: string): Template {
  const template = parseTemplate(text)
  const foreign = template.names.find(name => name.startsWith('@') && name !== '@id')
  if (foreign === undefined) return template
  const detail = `must name fields of messages or {@id}, which {${foreign}} is not`
  throw new FaultError('config_invalid', { path, detail })
}
