// What expressions compute with. A fault is a value like any other, so that a message without a field costs no exception:
// it is made once per place in the source when the expression is compiled, never while messages pass.

/** Any JSON value, as a message holds it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json }
  | LongNumber

/** A whole number of more than 53 bits: it is carried as it is, and nothing can be computed from it. */
export class LongNumber {
  readonly digits: string
  readonly #mark: string

  /** `mark` is what tells it from a text where it is written as JSON. */
  constructor(digits: string, mark: string) {
    this.digits = digits
    this.#mark = mark
  }

  toJSON(): string {
    return this.#mark + this.digits
  }
}

/** A decoded message: one flat object with dotted names. */
export type Fields = Readonly<Record<string, Json>>

export type Value = Json | Fault

/** Why an expression has no value. */
export class Fault {
  /** A sentence without a full stop: `the message has no "position.speed"`. */
  readonly reason: string
  /** Where in the source it arose, in UTF-16 units. */
  readonly at: number

  constructor(reason: string, at: number) {
    this.reason = reason
    this.at = at
  }
}

/** What an expression is evaluated on. One object may serve many messages, one after the other. */
export interface Scope {
  fields: Fields
  /** What the message before of the same device had, of the names that the expression remembers; null: there was none. */
  previous: Fields | null
  /** Unix ms. */
  nowMs: number
}

/** In a boolean place 0, false, null and a fault are false; everything else is true, an empty text too. */
export function isTrue(value: Value): boolean {
  return value !== 0 && value !== false && value !== null && !(value instanceof Fault)
}

/** A field of its own, never what every JavaScript object has; undefined when the message has none. */
export function fieldOf(fields: Fields, name: string): Json | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

/** What a value is called in messages to people. */
export function nameOf(value: Value): string {
  if (value instanceof Fault) return 'an error'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof LongNumber) return 'a number of more than 53 bits'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
