// Functions of texts. What they make is bounded, so that texts cannot grow without end by being put into one another.

import { encodeJson } from '../json.ts'
import { maxTextLength } from '../operators.ts'
import { type Json, LongNumber } from '../values.ts'
import { type FunctionSpec, plain } from './function.ts'

const tooLong = `a text has at most ${maxTextLength} characters`
const bounded = (text: string) => (text.length > maxTextLength ? undefined : text)

/** A text that is a number is not longer. */
const longestNumber = 64
const numberText = /^\s*(?:0x[0-9a-f]+|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*$/i

const tonumber = plain({
  name: 'tonumber',
  usage: 'tonumber(x)',
  summary: 'The number that a text holds in decimal or 0x notation; true is 1, false is 0.',
  examples: [
    { expression: 'tonumber("12.5")', result: 12.5 },
    { expression: 'tonumber("0x1F")', result: 31 },
    { expression: 'tonumber("12 km")' }
  ],
  parameters: ['any'],
  fails: 'tonumber() needs a text that is a number, of at most 53 bits where it is whole',
  compute(x) {
    if (typeof x === 'number' || typeof x === 'boolean') return Number(x)
    if (typeof x !== 'string' || x.length > longestNumber || !numberText.test(x)) return undefined
    const number = Number(x)
    // More digits than a double has would be rounded in silence.
    return Number.isInteger(number) &&
      (/^\s*0x/i.test(x) || !/[.e]/i.test(x)) &&
      !Number.isSafeInteger(number)
      ? undefined
      : number
  }
})

const tostring = plain({
  name: 'tostring',
  usage: 'tostring(x)',
  summary: 'The value as a text: a number in decimal notation, true, false, null, a list or object as JSON.',
  examples: [
    { expression: 'tostring(12.50)', result: '12.5' },
    { expression: 'tostring(true)', result: 'true' }
  ],
  parameters: ['any'],
  fails: tooLong,
  compute: x => bounded(textOf(x))
})

function textOf(value: Json): string {
  if (typeof value === 'string') return value
  return value instanceof LongNumber ? value.digits : encodeJson(value)
}

const concat: FunctionSpec = {
  ...plain({
    name: 'concat',
    usage: 'concat(x, y, ...)',
    summary: 'All its values as one text, each as tostring() gives it; at most 16 of them.',
    examples: [
      {
        expression: 'concat(ident, "/", position.speed, " km/h")',
        message: { ident: 'a1', 'position.speed': 80 },
        result: 'a1/80 km/h'
      }
    ],
    parameters: Array<'any'>(16).fill('any'),
    fails: tooLong,
    compute: (...values) => bounded(values.map(value => (value === undefined ? '' : textOf(value))).join(''))
  }),
  takes: { least: 1, most: 16 }
}

const lower = plain({
  name: 'lower',
  usage: 'lower(text)',
  summary: 'The text in lower case.',
  examples: [{ expression: 'lower("CB 1234 AB")', result: 'cb 1234 ab' }],
  parameters: ['text'],
  fails: tooLong,
  compute: text => bounded(text.toLowerCase())
})

const upper = plain({
  name: 'upper',
  usage: 'upper(text)',
  summary: 'The text in upper case.',
  examples: [{ expression: 'upper("cb 1234 ab")', result: 'CB 1234 AB' }],
  parameters: ['text'],
  fails: tooLong,
  compute: text => bounded(text.toUpperCase())
})

const trim = plain({
  name: 'trim',
  usage: 'trim(text)',
  summary: 'The text without white space at its ends.',
  examples: [{ expression: 'trim("  driver 7 ")', result: 'driver 7' }],
  parameters: ['text'],
  compute: text => text.trim()
})

const length = plain({
  name: 'length',
  usage: 'length(x)',
  summary: 'The number of characters (Unicode code points) of a text, or of entries of a list.',
  examples: [{ expression: 'length("Łódź")', result: 4 }],
  parameters: ['any'],
  fails: 'length() needs a text or a list',
  compute(x) {
    if (Array.isArray(x)) return x.length
    return typeof x === 'string' ? [...x].length : undefined
  }
})

const substring = plain({
  name: 'substring',
  usage: 'substring(text, from, count?)',
  summary:
    'So many characters from a place on, the first of which is 0; a negative place counts from the end. Without count all that follow.',
  examples: [
    { expression: 'substring("868647414815077", 0, 3)', result: '868' },
    { expression: 'substring("868647414815077", -4)', result: '5077' }
  ],
  parameters: ['text', 'number', 'number?'],
  fails: 'substring() needs whole numbers, and a count that is not negative',
  compute(text, from, count) {
    if (!Number.isInteger(from) || (count !== undefined && !(Number.isInteger(count) && count >= 0)))
      return undefined
    const characters = [...text]
    const start = Math.max(0, from < 0 ? characters.length + from : from)
    return characters.slice(start, count === undefined ? undefined : start + count).join('')
  }
})

const replace = plain({
  name: 'replace',
  usage: 'replace(text, part, other)',
  summary:
    'The text with other in every place where part was; both are taken as they are, without wildcards.',
  examples: [{ expression: 'replace("CB 1234 AB", " ", "")', result: 'CB1234AB' }],
  parameters: ['text', 'text', 'text'],
  fails: `replace() needs a part that is not empty, and ${tooLong}`,
  compute(text, part, other) {
    if (part === '') return undefined
    const pieces = text.split(part)
    const longest = text.length + (pieces.length - 1) * Math.max(0, other.length - part.length)
    return longest > maxTextLength ? undefined : pieces.join(other)
  }
})

const pad = plain({
  name: 'pad',
  usage: 'pad(x, width, fill?)',
  summary:
    'The value as a text of at least that many characters, filled up in front: with zeros, or with fill.',
  examples: [{ expression: 'pad(75, 4)', result: '0075' }],
  parameters: ['any', 'number', 'text?'],
  fails: tooLong,
  compute(x, width, fill = '0') {
    return width > maxTextLength ? undefined : bounded(textOf(x).padStart(width, fill))
  }
})

export const textFunctions: readonly FunctionSpec[] = [
  ...[tonumber, tostring, concat, lower, upper, trim, length, substring, replace, pad]
]
