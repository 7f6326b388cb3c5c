// Times of a replay as people write them.

import { InvalidArgumentError } from 'commander'
import { parseDuration, parseTime } from '../../../schemas/time.ts'

/** Unix ms of an ISO 8601 time, of a time of today (UTC), or of a duration before `nowMs`: `10:00`, `2h`. */
export function moment(nowMs: number): (text: string) => number {
  return text => {
    const clock = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
    const today = new Date(nowMs).toISOString().slice(0, 10)
    const timeMs = parseTime(clock === null ? text : `${today}T${text}Z`)
    if (timeMs !== null) return timeMs
    const agoMs = parseDuration(text)
    if (agoMs !== null) return nowMs - agoMs
    throw new InvalidArgumentError(
      'It is a time such as 2026-01-31T08:00:00Z, one of today (UTC) such as 10:00, or how long ago: 2h.'
    )
  }
}
