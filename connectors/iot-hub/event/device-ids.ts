// The device id of a message in the hub: its ident, or what a template makes of its fields.
// https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-identity-registry

import type { Message } from '../../connector.ts'
import { Fields, unfitFor } from '../../shared/fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../shared/template.ts'

/** `.` and `..` would be places in a path. */
const deviceId = /^(?!\.{1,2}$)[A-Za-z0-9.%_*?!(),:=@$'-]{1,128}$/

export class DeviceIds {
  readonly #template: Template
  /** It is the ident, which is the key of the message. */
  readonly #isIdent: boolean
  /** Asked several times in a row. */
  #last: Message | null = null
  #lastId = ''

  /** Throws a FaultError `config_invalid`. */
  constructor(text: string) {
    this.#template = parseFieldTemplate('deviceId', text)
    this.#isIdent = text === '{ident}'
  }

  /** '' for a message that has none. Pure. */
  of(message: Message): string {
    if (message === this.#last) return this.#lastId
    const id = this.#render(message)
    this.#last = message
    this.#lastId = id !== null && deviceId.test(id) ? id : ''
    return this.#lastId
  }

  /** Why a message has none. */
  problemOf(message: Message): string {
    const fields = new Fields(message)
    for (const name of this.#template.names) {
      const problem = unfitFor(name, fields)
      if (problem !== null) return problem
    }
    return `its device id would be ${JSON.stringify(this.#render(message)?.slice(0, 200))}`
  }

  #render(message: Message): string | null {
    if (this.#isIdent) return message.key() ?? this.#fromFields(message)
    return this.#fromFields(message)
  }

  #fromFields(message: Message): string | null {
    const fields = new Fields(message)
    if (this.#template.names.some(name => unfitFor(name, fields) !== null)) return null
    return renderTemplate(this.#template, name => String(fields.get(name)))
  }
}
