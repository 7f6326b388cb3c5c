// What operators compute of two numbers. Numbers are doubles; true counts as 1 and false as 0, as in C. Bits are those of
// whole numbers of at most 53 bits, beyond the 32 of JavaScript. NaN stands for "there is no such number".

/** The number that a value counts as; NaN where it is none. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'boolean' ? Number(value) : Number.NaN
}

export type Calculation = (a: number, b: number) => number

/** Each gives NaN or an infinity where there is no result. */
export const calculations = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '&': (a, b) => ((a | 0) === a && (b | 0) === b ? a & b : wideBits(a, b, '&')),
  '|': (a, b) => ((a | 0) === a && (b | 0) === b ? a | b : wideBits(a, b, '|')),
  '^': (a, b) => ((a | 0) === a && (b | 0) === b ? a ^ b : wideBits(a, b, '^')),
  '<<': (a, b) => (isShift(a, b) ? safe(a * 2 ** b) : Number.NaN),
  '>>': (a, b) => (isShift(a, b) ? Math.floor(a / 2 ** b) : Number.NaN)
} as const satisfies Record<string, Calculation>

export type CalculationSign = keyof typeof calculations

/** Every bit turned over, as in two's complement. */
export function inverted(a: number): number {
  return Number.isSafeInteger(a) ? safe(-a - 1) : Number.NaN
}

export type Comparison = (a: number | string, b: number | string) => boolean

/** Numbers with numbers, texts with texts (by their UTF-16 units). */
export const comparisons = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b
} as const satisfies Record<string, Comparison>

export type ComparisonSign = keyof typeof comparisons

function wideBits(a: number, b: number, sign: '&' | '|' | '^'): number {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return Number.NaN
  const [x, y] = [BigInt(a), BigInt(b)]
  return safe(Number(sign === '&' ? x & y : sign === '|' ? x | y : x ^ y))
}

function isShift(a: number, b: number): boolean {
  return Number.isSafeInteger(a) && Number.isInteger(b) && b >= 0 && b <= 63
}

function safe(result: number): number {
  return Number.isSafeInteger(result) ? result : Number.NaN
}
