// How people write durations, shares and rates on the command line. What cannot be read is refused with an example.

import { InvalidArgumentError } from 'commander'
import { parseDuration, parseTime } from '../../../schemas/time.ts'

/** Milliseconds of `200ms`, `10s`, `2m` or `1h`. */
export function duration(text: string): number {
  const durationMs = parseDuration(text)
  if (durationMs !== null) return durationMs
  throw new InvalidArgumentError('A duration is a number with a unit: 200ms, 10s, 2m.')
}

/** How long ago, in its two largest units: `3 d 4 h`, `12 s`. */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's']
  ] as const
  const first = Math.max(
    0,
    parts.findIndex(([count]) => count > 0)
  )
  const shown = seconds === 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** The part of 1 that `5%` is. */
export function share(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? []
  const percent = Number(digits)
  if (percent >= 0 && percent <= 100) return percent / 100
  throw new InvalidArgumentError('A share is a percentage from 0% to 100%: 5%, 0.1%.')
}

/** Messages per second of `100/s`, `600/m` or plain `100`. */
export function rate(text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text) ?? []
  const perSecond = (Number(digits) * 1000) / duration(`1${unit}`)
  if (perSecond > 0) return perSecond
  throw new InvalidArgumentError('A rate is a number above 0 per second, minute or hour: 100/s, 600/m.')
}

/** A whole number within limits. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`It is a whole number from ${minimum} to ${maximum}.`)
  }
}

/** An http or https URL. */
export function webUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('It is a URL that begins with http:// or https://.')
}

/** Unix ms of an ISO 8601 time, or of a duration before `nowMs`: `2026-01-31T08:00:00Z`, `2h`. */
export function timeOrAgo(nowMs: number): (text: string) => number {
  return text => {
    const timeMs = parseTime(text)
    if (timeMs !== null) return timeMs
    const agoMs = parseDuration(text)
    if (agoMs !== null) return nowMs - agoMs
    throw new InvalidArgumentError('It is a time such as 2026-01-31T08:00:00Z, or how long ago: 30m, 24h.')
  }
}
