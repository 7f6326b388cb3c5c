// Plans that once failed and are rare among those drawn: each is carried out in every run.

import test from 'ava'
import type { Answer, Plan, Sent, Told } from './plan.ts'
import { carryOut } from './world.ts'

const natural: Answer = { kind: 'natural', latencyMs: 0, heedsSignal: false }
const refusal = whole({ kind: 'reject', scope: 'device' })

test('a pass over what waits ends in the very moment in which the message before the next has ended', async t => {
  const plan: Plan = {
    settings: {
      ...{ partitions: 1, order: 'device', concurrency: 1, isAdaptive: false, maxMessages: 1, maxBytes: 20 },
      ...{ batchesInFlight: 1, destinations: 1, holds: true, tells: 'each', ttlMs: 300, maxAttempts: null },
      ...{ maxSpan: 2, windowBytes: 1, openFailures: 0, seed: 0, numbers: false, receipts: false }
    },
    answers: [natural, refusal, refusal, whole({ kind: 'retry', retryAfterMs: 196 })],
    steps: [
      { do: 'send', afterMs: 0, messages: [0, 0, 2, 2, 0, 2].map(plain) },
      { do: 'send', afterMs: 50, messages: [0, 3].map(plain) }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

function whole(told: Told): Answer {
  return { kind: 'whole', latencyMs: 0, heedsSignal: false, arrived: 0, told: [told] }
}

function plain(device: number): Sent {
  return { device, nature: 'plain', bytes: 1 }
}
