// Functions of numbers.

import { calculations } from '../arithmetic.ts'
import { type FunctionSpec, plain } from './function.ts'

const abs = plain({
  name: 'abs',
  usage: 'abs(x)',
  summary: 'The number without its sign.',
  examples: [{ expression: 'abs(-3.5)', result: 3.5 }],
  parameters: ['number'],
  compute: Math.abs
})

const round = plain({
  name: 'round',
  usage: 'round(x, digits?)',
  summary:
    'The nearest number with so many digits behind the point, 0 to 15; without digits a whole number. Halves are rounded up.',
  examples: [
    { expression: 'round(2.5)', result: 3 },
    { expression: 'round(53.21024, 2)', result: 53.21 }
  ],
  parameters: ['number', 'number?'],
  fails: 'round() takes from 0 to 15 digits',
  compute(x, digits = 0) {
    if (!Number.isInteger(digits) || digits < 0 || digits > 15) return undefined
    if (digits === 0 || Number.isInteger(x)) return Math.round(x)
    const scaled = Math.round(Number(`${x}e${digits}`)) // in decimal digits, so that 1.005 is rounded as it is read
    if (Math.abs(scaled) >= 1e21) return x // a double has no such digits
    return Number.isFinite(scaled)
      ? Number(`${scaled}e-${digits}`)
      : Math.round(x * 10 ** digits) / 10 ** digits
  }
})

const floor = plain({
  name: 'floor',
  usage: 'floor(x)',
  summary: 'The greatest whole number that is not above x.',
  examples: [{ expression: 'floor(-1.5)', result: -2 }],
  parameters: ['number'],
  compute: Math.floor
})

const ceil = plain({
  name: 'ceil',
  usage: 'ceil(x)',
  summary: 'The smallest whole number that is not below x.',
  examples: [{ expression: 'ceil(1.2)', result: 2 }],
  parameters: ['number'],
  compute: Math.ceil
})

const min = plain({
  name: 'min',
  usage: 'min(x, y)',
  summary: 'The smaller of two numbers.',
  examples: [{ expression: 'min(position.speed, 90)', message: { 'position.speed': 120 }, result: 90 }],
  parameters: ['number', 'number'],
  compute: Math.min
})

const max = plain({
  name: 'max',
  usage: 'max(x, y)',
  summary: 'The greater of two numbers.',
  examples: [{ expression: 'max(position.speed, 0)', message: { 'position.speed': -1 }, result: 0 }],
  parameters: ['number', 'number'],
  compute: Math.max
})

const sqrt = plain({
  name: 'sqrt',
  usage: 'sqrt(x)',
  summary: 'The square root; of a negative number an error.',
  examples: [{ expression: 'sqrt(9)', result: 3 }, { expression: 'sqrt(-1)' }],
  parameters: ['number'],
  compute: Math.sqrt
})

const pow = plain({
  name: 'pow',
  usage: 'pow(x, y)',
  summary: 'x to the power of y.',
  examples: [{ expression: 'pow(2, 10)', result: 1024 }],
  parameters: ['number', 'number'],
  compute: (x, y) => x ** y
})

const bit = plain({
  name: 'bit',
  usage: 'bit(x, n)',
  summary: 'Is bit n of the whole number x set? Bit 0 is the lowest; there are 53.',
  examples: [{ expression: 'bit(din, 1)', message: { din: 2 }, result: true }],
  parameters: ['number', 'number'],
  fails: 'bit() needs a whole number of at most 53 bits, and n from 0 to 52',
  compute(x, n) {
    if (!Number.isSafeInteger(x) || !Number.isInteger(n) || n < 0 || n > 52) return undefined
    return calculations['&'](calculations['>>'](x, n), 1) === 1
  }
})

export const numberFunctions: readonly FunctionSpec[] = [abs, round, floor, ceil, min, max, sqrt, pow, bit]
