// Plans that once failed and are rare among those drawn: each is carried out in every run.

import test from 'ava'
import type { Answer, Plan, Sent, Told } from './plan.ts'
import { carryOut } from './world.ts'

const natural: Answer = { kind: 'natural', latencyMs: 0, heedsSignal: false }
const refusal = whole({ kind: 'reject', scope: 'device' })

/** Nothing narrow, for plans to change. */
const settings: Plan['settings'] = {
  ...{ partitions: 1, order: 'device', concurrency: 1, isAdaptive: false, maxMessages: 1, maxBytes: 100_000 },
  ...{ batchesInFlight: 1, destinations: 1, holds: true, tells: 'each', ttlMs: null, maxAttempts: null },
  ...{ maxSpan: 100_000, windowBytes: 1_000_000, openFailures: 0, seed: 0, latencyMs: 5 },
  ...{ numbers: false, receipts: false, onePerDevice: false }
}

test('a pass over what waits ends in the very moment in which the message before the next has ended', async t => {
  const plan: Plan = {
    settings: { ...settings, maxBytes: 20, ttlMs: 300, maxSpan: 2, windowBytes: 1 },
    answers: [natural, refusal, refusal, whole({ kind: 'retry', retryAfterMs: 196 })],
    steps: [
      { do: 'send', afterMs: 0, messages: [0, 0, 2, 2, 0, 2].map(plain) },
      { do: 'send', afterMs: 50, messages: [0, 3].map(plain) }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

test('one thought dead, which writes its name into a held partition again, brings no message back that has been sent', async t => {
  const plan: Plan = {
    settings: { ...settings, partitions: 2, numbers: true },
    answers: [],
    steps: [
      { do: 'refuse', afterMs: 0, device: 3 },
      { do: 'send', afterMs: 0, messages: [3, 1, 0, 0, 0].map(plain) },
      { do: 'start', afterMs: 73 },
      { do: 'expire', afterMs: 1_855 },
      { do: 'send', afterMs: 51, messages: [1, 1, 3, 0, 1].map(plain) },
      { do: 'accept', afterMs: 0, device: 3 },
      // Numbers that are needed no more are removed now: the message of device 3 would get another.
      { do: 'send', afterMs: 1_150, messages: [1].map(plain) },
      { do: 'send', afterMs: 4_000, messages: [1].map(plain) }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

test('what was released behind a message that dies again while the process is stopped in order is not sent again', async t => {
  const deadly: Sent = { device: 4, nature: 'deadly', bytes: 1 }
  const rejected: Sent = { device: 0, nature: 'rejected', bytes: 1 }
  const plan: Plan = {
    settings: { ...settings, partitions: 2, holds: false, numbers: true },
    answers: [],
    steps: [
      { do: 'send', afterMs: 0, messages: [plain(0)] },
      { do: 'send', afterMs: 0, messages: [plain(0), deadly, rejected, plain(0)] },
      { do: 'resend', afterMs: 163 },
      { do: 'send', afterMs: 0, messages: [4, 0].map(plain) },
      { do: 'stop', afterMs: 207, member: 0 },
      { do: 'send', afterMs: 0, messages: [plain(0)] }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

test('a dead letter that is resent lets nothing wait behind it while what was read before is on its way', async t => {
  const plan: Plan = {
    settings: { ...settings, maxMessages: 2, holds: false, numbers: true },
    answers: [],
    steps: [
      { do: 'send', afterMs: 0, messages: [{ ...plain(0), nature: 'rejected' }, plain(0)] },
      { do: 'send', afterMs: 0, messages: [{ ...plain(0), nature: 'deadly' }, plain(0)] },
      { do: 'resend', afterMs: 38 },
      // While the two before it have no answer, and come back when the process stops.
      { do: 'send', afterMs: 0, messages: [plain(0)] },
      { do: 'stop', afterMs: 19, member: 0 }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

test('what was released behind a marker that is not read back yet gets one, too, before the partition moves', async t => {
  const plan: Plan = {
    settings: { ...settings, partitions: 3, maxMessages: 1, receipts: true, seed: 32 },
    answers: [],
    steps: [
      { do: 'refuse', afterMs: 0, device: 2 },
      { do: 'send', afterMs: 0, messages: [2, 0, 2].map(plain) },
      { do: 'start', afterMs: 16 }
    ]
  }
  const { violations } = await carryOut(plan)
  t.deepEqual(violations, [])
})

test('a new owner that releases what waits before it reads it in its channel, too, passes it over there', async t => {
  const plan: Plan = {
    settings: { ...settings, partitions: 3, maxMessages: 1, destinations: 2, latencyMs: 84 },
    answers: [],
    steps: [
      { do: 'send', afterMs: 0, messages: [3, 0].map(plain) },
      { do: 'send', afterMs: 0, messages: [1, 3, 1, 3].map(plain) },
      { do: 'send', afterMs: 0, messages: [1, 0].map(plain) },
      { do: 'refuse', afterMs: 337, device: 1 },
      { do: 'send', afterMs: 0, messages: [0, 0].map(plain) },
      // The third of device 1 waits now, and its partition moves before that was read back.
      { do: 'rejoin', afterMs: 236 },
      { do: 'stop', afterMs: 100, member: 0 },
      { do: 'send', afterMs: 0, messages: [3, 3, 0].map(plain) },
      { do: 'start', afterMs: 0 }
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
