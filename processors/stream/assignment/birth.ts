// What a stream's `start` means: from when on a stream that is new owes messages.

import { FaultError } from '../../../schemas/errors.ts'
import { parseTime } from '../../../schemas/time.ts'

/** Unix ms; `nowMs` is when the stream was first started. Throws `config_invalid` for what is no start. */
export function birthOf(start: string, nowMs: number): number {
  if (start === 'latest') return nowMs
  if (start === 'earliest') return 0
  const timeMs = parseTime(start)
  if (timeMs === null)
    throw new FaultError('config_invalid', { path: 'start', detail: `${start} is no time` })
  return timeMs
}
