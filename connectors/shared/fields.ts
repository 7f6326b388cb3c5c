// Fields of a message, for connectors that name some: a path, a topic, a body is made of them. A name is looked up as it
// stands (messages are flat, `position.speed` is one name), and then level by level.

import type { Message } from '../kafka/log/message.ts'
import { MemberCursor } from './json/members.ts'
import { Scanner } from './json/scanner.ts'

/** The fields of one message; its value is parsed when the first one is asked for. `ident` is its key. */
export class Fields {
  readonly #message: Message
  #parsed: unknown

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
    if (isLong(flat)) return this.#digits(name) ?? flat
    return flat === undefined && name.includes('.') ? name.split('.').reduce(own, object) : flat
  }

  #object(): unknown {
    this.#parsed ??= parse(this.#message)
    return this.#parsed
  }

  /** The number as it stands in the message. */
  #digits(name: string): string | undefined {
    const { bytes, start, end } = this.#message
    const scanner = new Scanner(bytes, start, end)
    scanner.skipSpace()
    const members = new MemberCursor(bytes, scanner.at, end)
    const wanted = Buffer.from(name)
    let digits: string | undefined
    // Of two equal names JSON.parse takes the last.
    while (members.next())
      if (members.isNamed(wanted)) digits = bytes.toString('utf8', members.valueStart, members.valueEnd)
    return digits
  }
}

function parse(message: Message): unknown {
  try {
    return JSON.parse(message.value().toString())
  } catch {
    return null
  }
}

function own(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return undefined
  return (holder as Record<string, unknown>)[name] // an object, as was just seen
}

/** A number that JSON.parse has rounded, most likely. */
function isLong(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
}
