// The user properties of a PUBLISH: pairs of texts, in which fields of the message may stand (MQTT 5, 3.3.2.3.7).

import { FaultError } from '../../../../schemas/errors.ts'
import type { Message } from '../../../connector.ts'
import { type Fields, textOf } from '../../fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../template.ts'
import { problemOf } from './text.ts'

const path = 'userProperties'

export class UserProperties {
  readonly #entries: readonly { readonly name: string; readonly value: Template }[]
  /** The fields that are named, and `@id`. */
  readonly names: readonly string[]

  /** Throws a FaultError `config_invalid` for what no message can have. */
  constructor(values: Readonly<Record<string, string>>) {
    this.#entries = Object.entries(values).map(([name, text]) => ({
      name,
      value: parseFieldTemplate(`${path}.${name}`, text, ['@id'])
    }))
    this.names = this.#entries.flatMap(({ value }) => value.names)
    for (const { name, value } of this.#entries) {
      const problem = problemOf(name) ?? problemOf(value.texts.join(''))
      if (problem !== null) throw wrong(`of "${name.slice(0, 80)}" ${problem}`)
    }
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /**
   * Those of one message; without it, what all have in common. Throws a FaultError `mqtt_message_unfit` when a field holds
   * what cannot be sent.
   */
  of(message?: Message, fields?: Fields): Record<string, string> {
    const properties = this.#entries.map(({ name, value }): readonly [string, string] => {
      const text = renderTemplate(value, field =>
        field === '@id' ? (message?.id() ?? '') : textOf(fields?.get(field))
      )
      const problem = value.names.length === 0 ? null : problemOf(text)
      if (problem !== null)
        throw new FaultError('mqtt_message_unfit', { detail: `its user property ${name} ${problem}` })
      return [name, text]
    })
    return Object.fromEntries(properties) // also of a name such as __proto__
  }
}

function wrong(detail: string): FaultError {
  return new FaultError('config_invalid', { path, detail })
}
