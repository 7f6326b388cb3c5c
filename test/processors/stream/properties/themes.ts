// The properties of the engine, each with the plans that it draws. Split by theme, so that a failing plan shrinks to
// something that a person can read.

import fc from 'fast-check'
import { faultPoints } from '../../../../processors/stream/held/fault-points.ts'
import { plansOf } from './arbitraries.ts'
import type { Plan } from './plan.ts'

export interface Theme {
  readonly name: string
  readonly sentence: string
  readonly runs: number
  /** Nothing in its plans is a reason for a duplicate. */
  readonly isOrderly?: true
  readonly plans: fc.Arbitrary<Plan>
}

const every = ['retry', 'unsent', 'unknown', 'reject', 'halt'] as const
const certain = ['retry', 'unsent', 'reject', 'halt'] as const

export const themes: readonly Theme[] = [
  {
    name: 'outcomes',
    sentence:
      'whatever a target answers, nothing is lost, devices keep their order, and only what it refuses is set aside',
    runs: 1_300,
    plans: plansOf({
      settings: {
        maxAttempts: fc.option(fc.integer({ min: 2, max: 4 })),
        openFailures: fc.integer({ min: 0, max: 2 })
      },
      natures: ['plain', 'rejected', 'deadly', 'empty'],
      answers: ['natural', 'whole', 'each', 'hang'],
      told: every,
      deeds: [],
      maxLatencyMs: 2_500
    })
  },
  {
    name: 'bounds',
    sentence: 'small windows, spans and times to live hold, in every order, and nothing gets stuck in them',
    runs: 1_100,
    plans: plansOf({
      settings: {
        order: fc.constantFrom('device', 'partition', 'none'),
        maxBytes: fc.constantFrom(20, 100, 100_000),
        ttlMs: fc.option(fc.integer({ min: 300, max: 10_000 })),
        maxSpan: fc.integer({ min: 2, max: 20 }),
        windowBytes: fc.constantFrom(1, 600, 1_600, 5_000)
      },
      natures: ['plain', 'rejected', 'empty'],
      answers: ['natural', 'whole', 'each', 'hang'],
      told: every,
      deeds: ['rejoin', 'raise', 'start'],
      maxLatencyMs: 2_500
    })
  },
  {
    name: 'orderly moves',
    sentence: 'orderly moves and stops make no duplicate, whatever the target refuses meanwhile',
    runs: 1_100,
    isOrderly: true,
    plans: plansOf({
      natures: ['plain', 'rejected', 'empty'],
      answers: ['natural', 'whole', 'each'],
      told: certain,
      deeds: ['start', 'start', 'stop', 'rejoin', 'raise', 'failAdminCalls'],
      maxLatencyMs: 1_800
    })
  },
  {
    name: 'numbered moves',
    sentence:
      'orderly moves and stops make no duplicate with numbers and receipts, whoever waits and is released meanwhile',
    runs: 600,
    isOrderly: true,
    plans: plansOf({
      settings: {
        numbers: fc.boolean(),
        receipts: fc.boolean(),
        holds: fc.constant(true),
        latencyMs: fc.integer({ min: 5, max: 900 })
      },
      natures: ['plain', 'plain', 'rejected', 'empty'],
      answers: ['natural', 'natural', 'each'],
      told: certain,
      deeds: ['start', 'start', 'stop', 'stop', 'rejoin', 'refuse', 'refuse', 'accept', 'accept', 'compact'],
      maxLatencyMs: 1_200
    })
  },
  {
    name: 'crashes',
    sentence: 'crashes and lost memberships repeat at most what was not committed, and lose nothing',
    runs: 1_100,
    plans: plansOf({
      natures: ['plain', 'rejected', 'deadly', 'empty'],
      answers: ['natural', 'whole', 'each', 'hang'],
      told: every,
      deeds: [
        'start',
        'start',
        'stop',
        'kill',
        'kill',
        'expire',
        'rejoin',
        'failCommits',
        'failAdminCalls',
        'failAppends'
      ],
      maxLatencyMs: 2_500
    })
  },
  {
    name: 'held',
    sentence: 'a refused device waits in order and loses nothing, whoever dies between which writes',
    runs: 1_100,
    plans: plansOf({
      settings: {
        holds: fc.constant(true),
        maxSpan: fc.constantFrom(6, 100_000),
        destinations: fc.integer({ min: 1, max: 3 })
      },
      natures: ['plain', 'plain', 'rejected', 'empty'],
      answers: ['natural', 'natural', 'natural', 'each', 'hang'],
      told: every,
      deeds: [
        ...(['refuse', 'refuse', 'refuse', 'accept', 'accept', 'start', 'start', 'dieAt', 'dieAt'] as const),
        ...([
          'stop',
          'kill',
          'expire',
          'rejoin',
          'raise',
          'failAppends',
          'failCommits',
          'failAdminCalls'
        ] as const)
      ],
      maxLatencyMs: 1_000
    })
  },
  {
    name: 'sequence',
    sentence:
      'the numbers of a device have no gap and are used once over all requests, and receipts are whole, whoever stalls, dies or moves meanwhile',
    runs: 900,
    plans: plansOf({
      settings: { numbers: fc.constant(true), receipts: fc.boolean(), onePerDevice: fc.boolean() },
      natures: ['plain', 'plain', 'rejected', 'deadly', 'empty', 'text'],
      answers: ['natural', 'natural', 'natural', 'whole', 'each', 'hang'],
      told: every,
      points: faultPoints,
      deeds: [
        ...([
          'start',
          'start',
          'stop',
          'kill',
          'stall',
          'stall',
          'dieAt',
          'dieAt',
          'refuse',
          'refuse'
        ] as const),
        ...([
          'accept',
          'expire',
          'rejoin',
          'failAppends',
          'failAppends',
          'failCommits',
          'failAdminCalls',
          'shut',
          'compact',
          'resend'
        ] as const)
      ],
      maxLatencyMs: 1_500
    })
  },
  {
    name: 'dead letters',
    sentence:
      'a refused message is settled only once Kafka has its dead letter, whoever moves or dies meanwhile',
    runs: 500,
    plans: plansOf({
      natures: ['rejected'],
      answers: ['natural', 'each'],
      told: ['reject'],
      deeds: ['failAppends', 'failAppends', 'failCommits', 'start', 'stop', 'kill', 'rejoin', 'expire'],
      maxLatencyMs: 500
    })
  }
]
