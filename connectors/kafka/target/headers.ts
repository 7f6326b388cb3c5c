// The headers of a record: those that the message has, in their order, and those that are set. One that is set takes the
// place of all of its name. `tailrace.id` is what receivers can drop repeats by: it is set once and kept from then on, so
// that over several hops it is still that of the first.

import type { Message, TargetEnv } from '../../connector.ts'
import { type Fields, textOf } from '../../shared/fields.ts'
import { parseFieldTemplate, renderTemplate, type Template } from '../../shared/template.ts'
import { encodeHeaders, type HeaderLike } from '../log/headers.ts'
import { headerBytesOf } from '../log/message.ts'

const idHeader = 'tailrace.id'
const replayHeader = 'tailrace.replay'

export class Headers {
  readonly #set: readonly { readonly key: string; readonly value: Template }[]
  readonly #names: ReadonlySet<string>
  readonly #replay: string | undefined
  /** Some of them are made of fields of the message. */
  readonly needFields: boolean

  /** Throws a FaultError `config_invalid` for what no message can have. */
  constructor(values: Readonly<Record<string, string>>, { replay }: Pick<TargetEnv, 'replay'>) {
    this.#set = Object.entries(values).map(([key, value]) => ({
      key,
      value: parseFieldTemplate(`headers.${key}`, value, ['@id'])
    }))
    this.#names = new Set(Object.keys(values))
    this.#replay = replay
    this.needFields = this.#set.some(({ value }) => value.names.some(name => name !== '@id'))
  }

  /** All headers of the message's record, encoded, with their count in front. */
  of(message: Message, fields: Fields): Buffer {
    if (headerBytesOf(message) === 0) return encodeHeaders(this.#added(message, fields, undefined))
    const own = message.headers()
    const first = own.find(({ key }) => key === idHeader)?.value?.toString()
    const added = this.#added(message, fields, first)
    const replaced = new Set(added.map(({ key }) => key))
    const kept = own.filter(({ key }) => !replaced.has(key))
    return kept.length === own.length ? encodeHeaders(added, message) : encodeHeaders([...kept, ...added])
  }

  #added(message: Message, fields: Fields, first: string | undefined): HeaderLike[] {
    const id = this.#replay === undefined ? message.id() : `${this.#replay}-${first ?? message.id()}`
    const added: HeaderLike[] = []
    if (!this.#names.has(idHeader) && (first === undefined || this.#replay !== undefined))
      added.push({ key: idHeader, value: id })
    if (this.#replay !== undefined) added.push({ key: replayHeader, value: this.#replay })
    for (const { key, value } of this.#set) {
      const text = renderTemplate(value, name => (name === '@id' ? id : textOf(fields.get(name))))
      added.push({ key, value: text })
    }
    return added
  }
}
