// Where a request goes: path and headers, with fields of the messages in them. What the fields hold is the destination:
// all messages of a request have the same. A value can neither leave its place in the path nor end a header.

import { FaultError } from '../../../schemas/errors.ts'
import type { Message } from '../../connector.ts'
import { Fields, unfitFor } from '../../shared/fields.ts'
import { parseTemplate, renderTemplate, type Template } from '../../shared/template.ts'

/** What stands in headers for the request as a whole. */
export interface RequestNames {
  readonly '@batch': string
  /** Empty where a request holds several messages. */
  readonly '@id': string
}

export class Address {
  readonly origin: string
  readonly #path: Template
  readonly #headers: readonly { readonly name: string; readonly value: Template }[]
  /** The headers, where none has a placeholder. */
  readonly #fixed: readonly string[] | null
  /** The fields that path and headers name. */
  readonly #fields: readonly string[]
  #last: Message | null = null
  #lastDestination = ''

  /**
   * `query` is added to that of the url: what is configured apart, since it may be secret. Throws a FaultError
   * `config_invalid` when fields stand where none may.
   */
  constructor(url: string, query: string, headers: ReadonlyMap<string, string>) {
    const { origin, path } = split(url, query)
    this.origin = origin
    this.#path = path
    this.#headers = [...headers].map(([name, value]) => ({ name, value: parseTemplate(value) }))
    this.#fixed = this.#headers.every(({ value }) => value.names.length === 0) ? [...headers].flat() : null
    const names = [path, ...this.#headers.map(({ value }) => value)].flatMap(template => template.names)
    this.#fields = [...new Set(names.filter(name => !name.startsWith('@')))].sort()
  }

  /** Do messages have different destinations? */
  get isTemplate(): boolean {
    return this.#fields.length > 0
  }

  /** What the fields hold, as `plate=AB-12`; the same text for every message of the destination. Pure. */
  destination(message: Message): string {
    if (message === this.#last) return this.#lastDestination // asked several times in a row
    const fields = new Fields(message)
    this.#last = message
    this.#lastDestination = this.#fields
      // An encoded value holds no question mark: it stands for one that is of no use.
      .map(
        name =>
          `${name}=${problemOf(name, fields) === null ? encodeURIComponent(String(fields.get(name))) : '?'}`
      )
      .join('&')
    return this.#lastDestination
  }

  /**
   * Path and headers (name, value, name, value, ...) of a request with this message and others of its destination. Throws a
   * FaultError `http_message_unfit` when its fields do not do.
   */
  of(message: Message, request: RequestNames): { path: string; headers: string[] } {
    const fields = new Fields(message)
    for (const name of this.#fields) {
      const detail = problemOf(name, fields)
      if (detail !== null) throw new FaultError('http_message_unfit', { detail })
    }
    const textOf = (encode: (text: string) => string) => (name: string) =>
      name === '@batch' || name === '@id' ? request[name] : encode(String(fields.get(name)))
    const path = renderTemplate(this.#path, textOf(encodeURIComponent))
    if (this.#fixed !== null) return { path, headers: [...this.#fixed] }
    const inHeader = textOf(headerText)
    return {
      path,
      headers: this.#headers.flatMap(({ name, value }) => [name, renderTemplate(value, inHeader)])
    }
  }
}

/** `.` and `..` would lead out of their place in a path, also when they are encoded. */
function problemOf(name: string, fields: Fields): string | null {
  const problem = unfitFor(name, fields)
  if (problem !== null) return problem
  const text = String(fields.get(name))
  return text === '.' || text === '..' ? `${name} is ${JSON.stringify(text)}` : null
}

/** Whatever is not printable ASCII is percent-encoded, so that no value ends a header or a line. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, encodeURIComponent)
}

/** Throws a FaultError `config_invalid`. */
function split(url: string, query: string): { origin: string; path: Template } {
  const { names, texts } = parseTemplate(url)
  const wrong = (detail: string) => new FaultError('config_invalid', { path: 'url', detail })
  const misplaced =
    'must have its fields behind the host, in path or query: messages do not choose to whom they are sent'
  if (/^\w+:\/*[^/?#]*\{/.test(url)) throw wrong(misplaced)
  // As the URL standard writes the texts, which leaves the marks as they are.
  const mark = (at: number) => `-tailrace-${at}-`
  const marked = new URL(renderTemplate({ names, texts }, (_, at) => mark(at)))
  const whole = [marked.pathname + marked.search, query]
    .filter(part => part !== '')
    .join(marked.search === '' ? '?' : '&')
  const parts = whole.split(/-tailrace-\d+-/)
  if (parts.length !== texts.length) throw wrong(misplaced)
  const foreign = names.find(name => name.startsWith('@'))
  if (foreign !== undefined) throw wrong(`must name fields of messages, which {${foreign}} is not`)
  if (texts.some(text => /[{}]/.test(text)))
    throw wrong('must have braces only around names of fields, as in {ident}')
  return { origin: marked.origin, path: { texts: parts, names } }
}
