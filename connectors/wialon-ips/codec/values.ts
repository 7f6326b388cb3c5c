// Numbers as Wialon IPS writes them: plain decimals, without an exponent, and `NA` for what is not known. Many devices
// write nothing in place of `NA`.

/** No value. */
export const absent = 'NA'

export function isAbsent(text: string): boolean {
  return text === '' || text === absent
}

const number = /^-?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})$/

/** A decimal number; undefined for no value, null for what is none. */
export function readNumber(text: string): number | undefined | null {
  if (isAbsent(text)) return undefined
  return number.test(text) ? Number(text) + 0 : null
}

/** An unsigned integer up to `max`; undefined for no value, null for what is none. */
export function readCount(text: string, max: number): number | undefined | null {
  if (isAbsent(text)) return undefined
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
