// Which request is answered how.

import test from 'ava'
import { replyFor } from '../../../../processors/commands/receive/faults.ts'

const faults = { status: 202, latencyMs: 7, failShare: 0.05, resetShare: 0.01, hangShare: 0.02 }

test('each fault befalls its share of the requests, and the rest are answered as ordered', t => {
  const seen = new Map<string, number>()
  for (let chance = 0; chance < 1; chance += 0.0001) {
    const reply = replyFor(faults, chance)
    const name = reply.kind === 'answer' ? String(reply.status) : reply.kind
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }
  const shares = [...seen].map(([name, count]) => [name, Math.round(count / 100)])
  t.deepEqual(Object.fromEntries(shares), { reset: 1, hang: 2, 503: 5, 202: 92 })
})

test('every answer is late by the latency', t => {
  t.deepEqual(replyFor(faults, 0.03), { kind: 'answer', status: 503, afterMs: 7 })
  t.deepEqual(replyFor(faults, 0.99), { kind: 'answer', status: 202, afterMs: 7 })
})

test('a share of 100% befalls every request, and one of 0% none', t => {
  const none = { status: 200, latencyMs: 0, failShare: 0, resetShare: 0, hangShare: 0 }
  t.like(replyFor({ ...none, failShare: 1 }, 0.999999), { status: 503 })
  t.like(replyFor(none, 0), { status: 200 })
})
