// Date and time, both in UTC: `DDMMYY;HHMMSS`, from version 2.1 on with up to nine digits of a fraction.

import { decimal, isAbsent } from './values.ts'

const firstSecond = Date.UTC(2000, 0) / 1000
const lastSecond = Date.UTC(2100, 0) / 1000

/** Whether the two digits of the year can express it. */
export function isInRange(timeSeconds: number): boolean {
  return timeSeconds >= firstSecond && timeSeconds < lastSecond
}

/** `DDMMYY;HHMMSS` of a time that is in range. */
export function writeTime(timeSeconds: number, hasFraction: boolean): string {
  const [whole = '', fraction = ''] = decimal(timeSeconds).split('.')
  const text = new Date(Number(whole) * 1000).toISOString()
  const date = text.slice(8, 10) + text.slice(5, 7) + text.slice(2, 4)
  const time = text.slice(11, 19).replaceAll(':', '')
  return hasFraction && fraction !== '' ? `${date};${time}.${fraction.slice(0, 9)}` : `${date};${time}`
}

/** Unix seconds; undefined where neither is known, null where they are no time. */
export function readTime(date: string, time: string): number | undefined | null {
  if (isAbsent(date) && isAbsent(time)) return undefined
  const [, day = '', month = '', year = ''] = /^(\d\d)(\d\d)(\d\d)$/.exec(date) ?? []
  const [, clock = '', fraction = ''] = /^(\d{6})(\.\d{1,9})?$/.exec(time) ?? []
  if (day === '' || clock === '') return null
  const text = `20${year}-${month}-${day}T${clock.replace(/(..)(..)(..)/, '$1:$2:$3')}.000Z`
  const ms = Date.parse(text)
  // A day or hour that there is not is NaN, or rolls over.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== text) return null
  return Number(`${ms / 1000}${fraction}`)
}
