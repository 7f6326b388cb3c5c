// How durations, shares, rates and numbers are read from the command line.

import test from 'ava'
import {
  duration,
  rate,
  share,
  timeOrAgo,
  webUrl,
  wholeNumber
} from '../../../../processors/commands/terminal/values.ts'

const refused = Symbol('refused')
const table: readonly [name: string, read: (text: string) => unknown, cases: Record<string, unknown>][] = [
  [
    'a duration',
    duration,
    { '200ms': 200, '10s': 10_000, '1.5s': 1500, '2m': 120_000, '1h': 3_600_000, '0s': 0 }
  ],
  [
    'a duration',
    duration,
    { '10': refused, s: refused, '-1s': refused, '10 s': refused, '1d': refused, '': refused }
  ],
  ['a share', share, { '5%': 0.05, '0.1%': 0.001, '100%': 1, '0%': 0 }],
  ['a share', share, { '5': refused, '101%': refused, '-1%': refused, '%': refused, '': refused }],
  ['a rate', rate, { '100/s': 100, '100': 100, '600/m': 10, '7200/h': 2, '0.5/s': 0.5 }],
  [
    'a rate',
    rate,
    { '0': refused, '0/s': refused, '5/d': refused, fast: refused, '-1': refused, '': refused }
  ],
  [
    'a whole number',
    wholeNumber(0, 10),
    { '0': 0, '10': 10, '11': refused, '1.5': refused, '1e1': refused, '': refused }
  ],
  [
    'a URL',
    webUrl,
    {
      'http://a/b': 'http://a/b',
      'https://a': 'https://a',
      'ftp://a': refused,
      'a.example': refused,
      '': refused
    }
  ],
  [
    'a time or how long ago',
    timeOrAgo(Date.UTC(2026, 0, 31, 8)),
    {
      '2026-01-30T08:00:00Z': Date.UTC(2026, 0, 30, 8),
      '30m': Date.UTC(2026, 0, 31, 7, 30),
      '24h': Date.UTC(2026, 0, 30, 8),
      '2026-01-30': refused,
      yesterday: refused,
      '-1h': refused
    }
  ]
]

for (const [name, read, cases] of table) {
  for (const [text, value] of Object.entries(cases)) {
    test(`"${text}" as ${name} is ${value === refused ? 'refused with an example' : value}`, t => {
      if (value !== refused) t.is(read(text), value)
      else t.throws(() => read(text), { code: 'commander.invalidArgument', message: /: |from|begins/ })
    })
  }
}
