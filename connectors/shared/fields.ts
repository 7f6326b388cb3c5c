// Fields of a message, for connectors that name some: a path, a topic, a body is made of them. A name is looked up as it
// stands (messages are flat, `position.speed` is one name), and then level by level.

import type { Message } from '../kafka/log/message.ts'
import { own, ownAt, parseJson, WrittenMembers } from './json/values.ts'

/** The fields of one message; its value is parsed when the first one is asked for. `ident` is its key. */
export class Fields {
  readonly #message: Message
  #parsed: unknown
  #written: WrittenMembers | null = null

  constructor(message: Message) {
    this.#message = message
  }

  /** Undefined where the message has none. A number keeps all of its digits: one that is too long for a double is text. */
  get(name: string): unknown {
    if (name === 'ident') return this.#message.key() ?? this.#find(name)
    return this.#find(name)
  }

  /** As JSON; `null` where the message has none. */
  json(name: string): string {
    const value = this.get(name)
    return isLong(own(this.#object(), name)) ? String(value) : JSON.stringify(value ?? null)
  }

  /** All members, in order; undefined when the message is no JSON object. */
  entries(): [name: string, value: unknown][] | undefined {
    const object = this.#object()
    return typeof object === 'object' && object !== null && !Array.isArray(object)
      ? Object.keys(object).map(name => [name, this.get(name)])
      : undefined
  }

  #find(name: string): unknown {
    const object = this.#object()
    const flat = own(object, name)
    if (isLong(flat)) {
      this.#written ??= new WrittenMembers(this.#message.value())
      return this.#written.get(name) ?? flat
    }
    return flat === undefined && name.includes('.') ? ownAt(object, name) : flat
  }

  #object(): unknown {
    this.#parsed ??= parseJson(this.#message.value().toString()) ?? null
    return this.#parsed
  }
}

/** A number that JSON.parse has rounded, most likely. */
function isLong(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
}

/** A field as part of a text; what a message lacks is an empty one. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Of a field in an address: a path, a header, a topic. In characters. */
const maxTextLength = 1_024

/** Why a field cannot stand in an address, or null when its text can. */
export function unfitFor(name: string, fields: Fields): string | null {
  const value = fields.get(name)
  if (value === undefined || value === null) return `${name} is missing`
  if (typeof value === 'object') return `${name} is no text, number or boolean`
  const text = String(value)
  if (text === '') return `${name} is ""`
  if (text.length > maxTextLength) return `${name} has more than ${maxTextLength} characters`
  return /\p{Surrogate}/u.test(text) ? `${name} holds half of a surrogate pair` : null
}
