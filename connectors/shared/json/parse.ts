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
  // All names, so that equal ones stay in their order.
  const plain = text.replaceAll(texts, token => {
    if (!token.endsWith(':')) return token
    names.push(JSON.parse(token.slice(0, -1)))
    return `"${mark}${names.length - 1}":`
  })
  try {
    return JSON.parse(plain, (_, value: unknown) => {
      const named = withNames(value, names)
      return revive ? revive(named) : named
    })
  } catch (error) {
    // JSON.parse calls itself for every level once it is given something to call.
    throw error instanceof RangeError ? new SyntaxError('it is nested too deeply') : error
  }
}

/** An object with the names that were replaced, anything else as it is. Of two equal names the last wins, as with JSON.parse. */
function withNames(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const nameOf = (name: string) => names[Number(name.slice(mark.length))] ?? name
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [nameOf(name), inner]))
}
