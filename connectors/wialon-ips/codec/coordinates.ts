// Coordinates as degrees and minutes: `DDMM.mmmm;N` and `DDDMM.mmmm;E`, with as many digits of a minute as one likes.

import { isAbsent } from './values.ts'

/** A ten-millionth of a minute is 0.2 mm. */
const decimals = 7
const fewestDecimals = 5
const unitsPerMinute = 10 ** decimals
/** The tidy number next to what minutes give; well below the unit. */
const degreesPrecision = 1e10

interface Axis {
  readonly signs: readonly [positive: string, negative: string]
  readonly degreeDigits: number
  readonly maxDegrees: number
}

export const latitudeAxis: Axis = { signs: ['N', 'S'], degreeDigits: 2, maxDegrees: 90 }
export const longitudeAxis: Axis = { signs: ['E', 'W'], degreeDigits: 3, maxDegrees: 180 }

/** `DDMM.mmmm;N`. */
export function writeCoordinate(degrees: number, { signs, degreeDigits }: Axis): string {
  const units = Math.round(Math.abs(degrees) * 60 * unitsPerMinute)
  const whole = Math.floor(units / (60 * unitsPerMinute))
  const minutes = String(units - whole * 60 * unitsPerMinute).padStart(decimals + 2, '0')
  const fraction = minutes.slice(2).replace(/0{1,2}$/, '')
  const text = `${String(whole).padStart(degreeDigits, '0')}${minutes.slice(0, 2)}.${fraction.padEnd(fewestDecimals, '0')}`
  return `${text};${degrees < 0 ? signs[1] : signs[0]}`
}

/** Degrees; undefined where they are not known, whatever the sign, null where they are no coordinate. */
export function readCoordinate(text: string, sign: string, axis: Axis): number | undefined | null {
  if (isAbsent(text)) return undefined
  const at = axis.signs.indexOf(sign)
  // Leading zeros may be missing.
  const [, whole = '', minutes = ''] = /^(\d{0,3})(\d\d(?:\.\d{0,20})?)$/.exec(text) ?? []
  if (at === -1 || minutes === '' || Number(minutes) >= 60) return null
  const degrees = Number(whole) + Number(minutes) / 60
  if (degrees > axis.maxDegrees) return null
  const rounded = Math.round(degrees * degreesPrecision) / degreesPrecision
  return at === 0 || rounded === 0 ? rounded : -rounded
}
