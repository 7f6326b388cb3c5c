// Reads JSON with the offset of every value, which JSON.parse does not tell, as little as that a name came twice. Texts
// and literals are left to JSON.parse. A large file is read in slices, between which others have their turn.

import { type Entry, inexact, isExact, maxDepth, type Node, sliceChars, tooDeep } from './node.ts'
import type { Report } from './source.ts'

/** The entries of the object that the text is, in slices. The first mistake is reported and ends it. */
export function* jsonEntries(text: string, report: Report): Generator<Entry[]> {
  try {
    yield* new JsonText(text).entries()
  } catch (error) {
    if (!(error instanceof NoJson)) throw error
    report({ at: error.at, path: '', sentence: error.message })
  }
}

/** The value that the text is; null after a mistake, which is reported. */
export function jsonValue(text: string, report: Report): Node | null {
  try {
    return new JsonText(text).whole()
  } catch (error) {
    if (!(error instanceof NoJson)) throw error
    report({ at: error.at, path: '', sentence: error.message })
    return null
  }
}

/** Where a text stops being JSON, and why. */
class NoJson extends Error {
  readonly at: number

  constructor(at: number, sentence: string) {
    super(sentence)
    this.at = at
  }
}

const sentences = {
  noDevices: 'must be an object of devices: {"ident": {"name": "value"}}',
  openText: 'begins a text that does not end on its line: the closing quote is missing',
  noText: 'begins a text with a character or an escape (\\x) that JSON does not take'
}

class JsonText {
  readonly #text: string
  readonly #literals = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=[\s,\]}]|$)/y
  readonly #spaces = /[ \t\r\n]*/y
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Node {
    const value = this.#value(0)
    this.#end()
    return value
  }

  *entries(): Generator<Entry[]> {
    if (this.#peek() !== '{') throw new NoJson(this.#at, sentences.noDevices)
    let slice: Entry[] = []
    let sliceAt = this.#at
    for (let more = this.#opens('}'); more; more = this.#goesOn('}')) {
      slice.push(this.#entry(1))
      if (this.#at - sliceAt < sliceChars) continue
      yield slice
      slice = []
      sliceAt = this.#at
    }
    yield slice
    this.#end()
  }

  #value(depth: number): Node {
    const first = this.#peek()
    const at = this.#at
    if (depth > maxDepth) throw new NoJson(at, tooDeep)
    if (first === '"') return { kind: 'scalar', at, value: this.#string() }
    if (first === '{') return { kind: 'mapping', at, entries: this.#members(depth) }
    if (first === '[') return { kind: 'list', at, items: this.#items(depth) }
    return this.#literal()
  }

  #members(depth: number): Entry[] {
    const entries: Entry[] = []
    for (let more = this.#opens('}'); more; more = this.#goesOn('}')) entries.push(this.#entry(depth + 1))
    return entries
  }

  #items(depth: number): Node[] {
    const items: Node[] = []
    for (let more = this.#opens(']'); more; more = this.#goesOn(']')) items.push(this.#value(depth + 1))
    return items
  }

  #entry(depth: number): Entry {
    if (this.#peek() !== '"') throw this.#unexpected('expected a name in double quotes')
    const at = this.#at
    const name = this.#string()
    if (this.#peek() !== ':') throw this.#unexpected('expected a colon after the name')
    this.#at++
    return { name, at, value: this.#value(depth) }
  }

  /** Steps over an opening bracket; false where the closing one follows, which it steps over too. */
  #opens(closing: string): boolean {
    this.#at++
    if (this.#peek() !== closing) return true
    this.#at++
    return false
  }

  /** Steps over the comma before a further entry; false after the closing bracket. */
  #goesOn(closing: string): boolean {
    const found = this.#peek()
    if (found !== ',' && found !== closing)
      throw this.#unexpected(`expected a comma or the closing ${closing}`)
    const at = this.#at++
    if (found === closing) return false
    if (this.#peek() === closing) throw new NoJson(at, `has a comma too many, before the closing ${closing}`)
    return true
  }

  #string(): string {
    const from = this.#at
    let end = from
    do {
      end = this.#text.indexOf('"', end + 1)
      if (end === -1) throw new NoJson(from, sentences.openText)
    } while (this.#isEscaped(end))
    this.#at = end + 1
    const written = this.#text.slice(from, this.#at)
    try {
      return JSON.parse(written)
    } catch {
      const isOneLine = !written.includes('\n')
      throw new NoJson(from, isOneLine ? sentences.noText : sentences.openText)
    }
  }

  /** Whether the quote at `end` belongs to the text: after an odd number of backslashes. */
  #isEscaped(end: number): boolean {
    let before = end - 1
    while (this.#text[before] === '\\') before--
    return (end - before) % 2 === 0
  }

  #literal(): Node {
    const at = this.#at
    this.#literals.lastIndex = at
    const written = this.#literals.exec(this.#text)?.[0]
    if (written === undefined) throw this.#unexpected('expected a value; texts are in double quotes')
    this.#at += written.length
    const value: unknown = JSON.parse(written)
    if (typeof value === 'number')
      return isExact(value) ? { kind: 'scalar', at, value } : { kind: 'broken', at, sentence: inexact }
    return { kind: 'scalar', at, value: value === null ? null : value === true }
  }

  #end(): void {
    if (this.#peek() !== '') throw this.#unexpected('expected nothing more')
  }

  #unexpected(expectation: string): NoJson {
    const found = this.#peek()
    const what = found === '' ? 'ends too early' : found === '/' ? 'has a comment here' : 'is no JSON here'
    return new NoJson(this.#at, `${what}: ${expectation}`)
  }

  /** Moves to the next character that is no white space; empty at the end. */
  #peek(): string {
    this.#spaces.lastIndex = this.#at
    this.#spaces.exec(this.#text)
    this.#at = this.#spaces.lastIndex
    return this.#text[this.#at] ?? ''
  }
}
