// A text of AMQP with fields of messages in it: an exchange, a routing key, a header, a property.

import { FaultError } from '../../schemas/errors.ts'
import type { Message } from '../connector.ts'
import { type Fields, textOf, unfitFor } from '../shared/fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../shared/template.ts'
import { maxShortBytes } from './wire/values.ts'

interface TextRules {
  /** It says where messages go: only fields may stand in it, and a message has to have them. */
  readonly isPlace?: true
  /** It may have more than 255 bytes. */
  readonly isLong?: true
}

export class TextTemplate {
  readonly #name: string
  readonly #text: string
  readonly #template: Template
  readonly #rules: TextRules

  /** `name` is that of the setting. Throws a FaultError `config_invalid` for what no message can have. */
  constructor(name: string, text: string, rules: TextRules = {}) {
    this.#name = name
    this.#text = text
    this.#template = parseFieldTemplate(name, text, rules.isPlace ? [] : ['@id'])
    this.#rules = rules
    const problem = this.#problemOf(this.#template.texts.join(''))
    if (problem !== null) throw new FaultError('config_invalid', { path: name, detail: problem })
  }

  /** Whether fields of messages stand in it. */
  get isOfFields(): boolean {
    return this.#template.names.some(name => !name.startsWith('@'))
  }

  /** Throws a FaultError `amqp_message_unfit` for a message of which it cannot be made. */
  of(message: Message, fields: Fields): string {
    if (this.#template.names.length === 0) return this.#text
    const text = renderTemplate(this.#template, name =>
      name === '@id' ? message.id() : this.#valueOf(name, fields)
    )
    const problem = this.#problemOf(text)
    if (problem !== null) throw unfit(`its ${this.#name} ${problem}`)
    return text
  }

  #valueOf(name: string, fields: Fields): string {
    const problem = this.#rules.isPlace ? unfitFor(name, fields) : null
    if (problem !== null) throw unfit(problem)
    return textOf(fields.get(name))
  }

  #problemOf(text: string): string | null {
    const isTooLong = this.#rules.isLong !== true && Buffer.byteLength(text) > maxShortBytes
    return isTooLong ? `has more than ${maxShortBytes} bytes` : null
  }
}

function unfit(detail: string): FaultError {
  return new FaultError('amqp_message_unfit', { detail })
}
