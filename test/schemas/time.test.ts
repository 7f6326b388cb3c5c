// Times are read strictly: what is not a full date with time and zone is refused.

import test from 'ava'
import { parseTime } from '../../schemas/time.ts'

const read: [text: string, unixMs: number | null][] = [
  ['2026-01-31T08:00:00Z', Date.UTC(2026, 0, 31, 8)],
  ['2026-01-31t08:00:00.25z', Date.UTC(2026, 0, 31, 8, 0, 0, 250)],
  ['2026-01-31T08:00Z', Date.UTC(2026, 0, 31, 8)],
  ['2026-01-31 08:00:00+02:00', Date.UTC(2026, 0, 31, 6)],
  ['2026-01-31T08:00:00-0330', Date.UTC(2026, 0, 31, 11, 30)],
  ['2026-01-31T08:00:00.123456789Z', Date.UTC(2026, 0, 31, 8, 0, 0, 123)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['2026-02-29T00:00:00Z', null],
  ['2026-13-01T00:00:00Z', null],
  ['2026-01-31T25:00:00Z', null],
  ['2026-01-31T08:61:00Z', null],
  ['2026-01-31T08:00:00', null],
  ['2026-01-31', null],
  ['1681282189', null],
  ['yesterday', null],
  ['', null]
]

for (const [text, unixMs] of read)
  test(`"${text}" is read as ${unixMs === null ? 'no time' : unixMs}`, t => {
    t.is(parseTime(text), unixMs)
  })
