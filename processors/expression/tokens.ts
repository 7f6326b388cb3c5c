// Splits the source of an expression into tokens. Each keeps its place, for the mistakes that are found later.

import { ExpressionError } from './expression-error.ts'

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'text'; readonly at: number; readonly pieces: readonly string[] }
  | { readonly kind: 'name'; readonly at: number; readonly name: string; readonly isQuoted: boolean }
  | { readonly kind: 'sign'; readonly at: number; readonly sign: string }
  | { readonly kind: 'end'; readonly at: number }

/** The longer signs first, as the first that fits is taken. */
const signs = '&& || == != <= >= << >> ( ) , ? : ! ~ + - * / % < > & ^ | $'.split(' ')

const space = /\s+/y
/** Letters, digits, _ and #, with dots between: `ain.1`, `ain#1`; the first is no digit. */
const name = /[\p{L}_][\p{L}\p{M}\p{N}_#]*(?:\.[\p{L}\p{M}\p{N}_#]+)*/uy
const number = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** What people write who know another language, and what is meant. */
const elsewhere: readonly (readonly [written: string, advice: string])[] = [
  ['===', 'write == to compare'],
  ['!==', 'write != to compare'],
  ['=~', 'write ~ to match a text with *'],
  ['=', 'write == to compare'],
  ['@', 'names are written as they are, or in backticks'],
  ['[', 'names are written with dots, or in backticks'],
  ['{', 'an expression is no template'],
  [';', 'there is one expression and no statement'],
  ['“', 'write straight quotes'],
  ['”', 'write straight quotes'],
  ['‘', 'write straight quotes'],
  ['’', 'write straight quotes']
]

/** The tokens of `source`, an `end` as the last. Throws an ExpressionError. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  for (let at = skipSpace(source, 0); at < source.length; ) {
    const { token, end } = tokenAt(source, at)
    tokens.push(token)
    at = skipSpace(source, end)
  }
  tokens.push({ kind: 'end', at: source.length })
  return tokens
}

interface Taken {
  readonly token: Token
  readonly end: number
}

function tokenAt(source: string, at: number): Taken {
  const found = matchAt(name, source, at)
  if (found !== '')
    return { token: { kind: 'name', at, name: found, isQuoted: false }, end: at + found.length }
  const digits = matchAt(number, source, at)
  if (digits !== '') return numberAt(source, at, digits)
  const first = source[at]
  if (first === '"' || first === "'") return textAt(source, at, first)
  if (first === '`') return quotedNameAt(source, at)
  const known = elsewhere.find(([written]) => source.startsWith(written, at))
  const sign = signs.find(one => source.startsWith(one, at))
  if (known !== undefined && (sign === undefined || known[0].length > sign.length))
    throw new ExpressionError(`"${known[0]}" is no part of an expression: ${known[1]}`, source, at)
  if (sign !== undefined) return { token: { kind: 'sign', at, sign }, end: at + sign.length }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0)
  throw new ExpressionError(`${JSON.stringify(character)} is no part of an expression`, source, at)
}

function numberAt(source: string, at: number, digits: string): Taken {
  const end = at + digits.length
  if (matchAt(name, source, end) !== '' || /[\d.]/.test(source[end] ?? ''))
    throw new ExpressionError('a number ends before a letter or another dot', source, end)
  const value = Number(digits)
  if (!Number.isFinite(value)) throw new ExpressionError('the number is too large', source, at)
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.eE]/.test(digits.replace(/^0x.*/i, '')))
    throw new ExpressionError('a whole number has 53 bits at most; put an identity in quotes', source, at)
  return { token: { kind: 'number', at, value }, end }
}

/** Escapes: \" \' \\ \n \r \t \uXXXX, and \* for a star that is no wildcard. */
function textAt(source: string, start: number, quote: string): Taken {
  const pieces: string[] = []
  let piece = ''
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at] ?? ''
    if (character === quote) {
      pieces.push(piece)
      return { token: { kind: 'text', at: start, pieces }, end: at + 1 }
    }
    if (character === '*') {
      pieces.push(piece)
      piece = ''
    } else if (character === '\\') {
      const escaped = escapedAt(source, at)
      piece += escaped.text
      at = escaped.last
    } else piece += character
  }
  throw new ExpressionError(`the text has no ${quote} at its end`, source, start)
}

function escapedAt(source: string, at: number): { text: string; last: number } {
  const next = source[at + 1] ?? ''
  if (next !== '' && '"\'\\*'.includes(next)) return { text: next, last: at + 1 }
  const control = Object.hasOwn(escapes, next) ? escapes[next] : undefined
  if (control !== undefined) return { text: control, last: at + 1 }
  const code = /^u[0-9a-fA-F]{4}/.exec(source.slice(at + 1, at + 6))
  if (code !== null) return { text: String.fromCharCode(Number.parseInt(code[0].slice(1), 16)), last: at + 5 }
  throw new ExpressionError(
    'behind a \\ stands one of " \' \\ * n r t or u with four hexadecimal digits',
    source,
    at
  )
}

function quotedNameAt(source: string, at: number): Taken {
  const end = source.indexOf('`', at + 1)
  if (end < 0) throw new ExpressionError('the name has no ` at its end', source, at)
  if (end === at + 1) throw new ExpressionError('a name has at least one character', source, at)
  return { token: { kind: 'name', at, name: source.slice(at + 1, end), isQuoted: true }, end: end + 1 }
}

function skipSpace(source: string, at: number): number {
  return at + matchAt(space, source, at).length
}

/** What a sticky pattern matches there; an empty text for nothing. */
function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}
