// Numbers as Wialon IPS writes them: plain decimals, without an exponent, and `NA` for what is not known.

/** No value. */
export const absent = 'NA'

const number = /^-?\d{1,400}(\.\d{1,400})?$/

/** A decimal number; undefined for `NA`, null for what is none. */
export function readNumber(text: string): number | undefined | null {
  if (text === absent) return undefined
  return number.test(text) ? Number(text) + 0 : null
}

/** An unsigned integer up to `max`; undefined for `NA`, null for what is none. */
export function readCount(text: string, max: number): number | undefined | null {
  if (text === absent) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : null
  return value === null || value > max ? null : value
}

/** All digits that it takes to read the same number again. */
export function decimal(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e')
  if (exponent === undefined) return mantissa
  const sign = mantissa.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}` // an exponent is written from 21 digits on, which is more than a double has
}
