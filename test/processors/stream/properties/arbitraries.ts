// The plans that a property draws. Every part shrinks towards the plainest: one partition, one message, an answer that
// confirms.

import fc from 'fast-check'
import { type FaultPoint, heldPoints } from '../../../../processors/stream/held/fault-points.ts'
import type { Answer, Deed, Plan, Sent, Settings, Step, Told } from './plan.ts'

export interface Mix {
  readonly settings?: Partial<{ [K in keyof Settings]: fc.Arbitrary<Settings[K]> }>
  readonly natures: readonly Sent['nature'][]
  readonly answers: readonly Answer['kind'][]
  /** What a target may say beside `delivered`. */
  readonly told: readonly Told['kind'][]
  /** Beside sending. */
  readonly deeds: readonly Exclude<Deed['do'], 'send'>[]
  readonly maxLatencyMs: number
  /** Where a process may die. */
  readonly points?: readonly FaultPoint[]
}

export function plansOf(mix: Mix): fc.Arbitrary<Plan> {
  return fc.record({
    settings: fc.record({ ...plainSettings, ...mix.settings }),
    answers: fc.array(answerOf(mix), { maxLength: 14 }),
    steps: fc.array(stepOf(mix), { minLength: 1, maxLength: 12 })
  })
}

function range(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max })
}

const plainSettings: { [K in keyof Settings]: fc.Arbitrary<Settings[K]> } = {
  partitions: range(1, 3),
  order: fc.constant('device'),
  concurrency: range(1, 4),
  isAdaptive: fc.boolean(),
  maxMessages: range(1, 5),
  maxBytes: fc.constant(100_000),
  batchesInFlight: range(1, 3),
  destinations: range(1, 2),
  holds: fc.boolean(),
  tells: fc.constantFrom('each', 'whole'),
  ttlMs: fc.constant(null),
  maxAttempts: fc.constant(null),
  maxSpan: fc.constant(100_000),
  windowBytes: fc.constant(1_000_000),
  numbers: fc.constant(false),
  receipts: fc.constant(false),
  onePerDevice: fc.constant(false),
  latencyMs: fc.constant(5),
  openFailures: fc.constant(0),
  seed: range(0, 1_000)
}

function stepOf({ natures, deeds, points = heldPoints }: Mix): fc.Arbitrary<Step> {
  const afterMs = fc.oneof(range(0, 300), range(0, 4_000))
  const message = fc.record({
    device: range(0, 4),
    nature: fc.oneof({ weight: 3, arbitrary: fc.constant('plain' as const) }, fc.constantFrom(...natures)),
    bytes: range(1, 60)
  })
  const messages = fc.array(message, { minLength: 1, maxLength: 7 })
  const send = fc.record({ do: fc.constant('send' as const), afterMs, messages })
  if (deeds.length === 0) return send
  const point = fc.constantFrom(...points)
  const other = fc.constantFrom(...deeds).chain(deed => {
    const more = deed === 'dieAt' ? { member, count, point } : detailsOf[deed]
    // Which details a deed has stands in one table, which the type of a step cannot follow.
    return fc.record({ do: fc.constant(deed), afterMs, ...more }) as unknown as fc.Arbitrary<Step>
  })
  return fc.oneof(send, other)
}

const member = range(0, 3)
const count = range(1, 4)
const device = range(0, 4)
const when = fc.constantFrom('before' as const, 'after' as const)

/** What there is to say of a deed, beside what is done. */
const detailsOf: { readonly [D in Deed['do']]?: Readonly<Record<string, fc.Arbitrary<unknown>>> } = {
  stop: { member },
  kill: { member },
  stall: { member, forMs: range(200, 12_000) },
  shut: { forMs: range(4_000, 20_000), rejoinMs: range(0, 2_000) },
  failCommits: { count: fc.oneof(count, fc.constant(60)), when }, // sixty take longer than an orderly stop waits
  failAppends: { count, when },
  failAdminCalls: { count },
  refuse: { device },
  accept: { device }
}

function answerOf({ answers, told, maxLatencyMs }: Mix): fc.Arbitrary<Answer> {
  const latencyMs = fc.oneof(range(0, 50), range(0, maxLatencyMs))
  const arrived = range(0, 5)
  const failure = fc.record(
    {
      kind: fc.constantFrom(...told),
      scope: fc.constantFrom(
        'message' as const,
        'device' as const,
        'destination' as const,
        'target' as const
      ),
      retryAfterMs: range(0, 5_000)
    },
    { requiredKeys: ['kind'] }
  )
  const confirmed = fc.constant<Told>({ kind: 'delivered' })
  return fc.constantFrom(...answers).chain((kind): fc.Arbitrary<Answer> => {
    const common = { kind: fc.constant(kind), latencyMs, heedsSignal: fc.boolean() }
    if (kind === 'natural') return fc.record(common)
    if (kind === 'hang') return fc.record({ ...common, arrived })
    const each = { minLength: 1, maxLength: kind === 'whole' ? 1 : 5 }
    const one = kind === 'whole' ? failure : fc.oneof(confirmed, failure)
    return fc.record({ ...common, arrived, told: fc.array(one, each) })
  })
}
