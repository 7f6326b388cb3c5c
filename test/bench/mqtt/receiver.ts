// The broker of the benchmark, in a process of its own: confirms each message after a latency and keeps its payload,
// which is judged only when the run is over.

import { systemClock } from '../../../connectors/clock.ts'
import { MqttDouble } from '../../../connectors/shared/mqtt/double.ts'
import { judgeArrivals } from '../forward/judge.ts'

const payloads: Buffer[] = []
let latencyMs = 0

const double = new MqttDouble({
  clock: systemClock,
  ledger: ({ payload }) => void payloads.push(payload),
  reply: () => ({ kind: 'puback', afterMs: latencyMs })
})
await double.start()
process.send?.({ url: double.url })

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', (message: { readonly latencyMs: number } | 'judge') => {
  if (message === 'judge') process.send?.(judgeArrivals(payloads.splice(0)))
  else latencyMs = message.latencyMs
})
process.on('disconnect', () => process.exit())
