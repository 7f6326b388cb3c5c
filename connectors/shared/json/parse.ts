// JSON.parse that reads every name as it is written. From version 12.8 on V8 may take a name with an escape for another one
// that was read before it: `"\n"` for `"\\"` (nodejs/node#63785), which Node 24 has. Names with escapes are therefore
// replaced before it reads them, and put back behind it; texts and names without escapes it reads rightly.

import { randomBytes } from 'node:crypto'

/** The last escape of a name, or of something in a text that looks so. */
const maybeEscaped = /\\.[^"\\]*"\s*:/s
/** Texts, with the colon that makes a name of one. */
const texts = /"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/gs
/** Nobody can guess it, so no name of a message is taken for one that was replaced. */
const mark = `name-${randomBytes(12).toString('hex')}:`

/** As JSON.parse; `revive` is given every value in turn, the inner ones first. Throws a SyntaxError on what is no JSON. */
export function parseExactly(text: string, revive?: (value: unknown) => unknown): unknown {
  if (!maybeEscaped.test(text))
    return revive ? JSON.parse(text, (_, value) => revive(value)) : JSON.parse(text)
  JSON.parse(text) // so that what follows is of JSON, and an error of what was given
  const names: string[] = []
  const plain = text.replaceAll(texts, token => {
    if (!token.endsWith(':') || !token.includes('\\')) return token
    names.push(JSON.parse(token.slice(0, -1)))
    return `"${mark}${names.length - 1}":`
  })
  return JSON.parse(plain, (_, value: unknown) => {
    const named = names.length > 0 ? withNames(value, names) : value
    return revive ? revive(named) : named
  })
}

/** An object with the names that were replaced, anything else as it is. */
function withNames(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value)
  if (!entries.some(([name]) => name.startsWith(mark))) return value
  // As with JSON.parse the last of two equal names wins, and stands where the first one stood.
  return Object.fromEntries(entries.map(([name, inner]) => [nameOf(name, names), inner]))
}

function nameOf(name: string, names: readonly string[]): string {
  return names[name.startsWith(mark) ? Number(name.slice(mark.length)) : -1] ?? name
}
