// The namespace of the benchmark, in a process of its own: accepts each batch after a latency and keeps its events, which are
// judged only when the run is over.

import { systemClock } from '../../../connectors/clock.ts'
import { EventHubsDouble } from '../../../connectors/event-hubs/double.ts'
import { judgeArrivals } from '../forward/judge.ts'

const bodies: Buffer[] = []
let latencyMs = 0

const double = new EventHubsDouble({
  clock: systemClock,
  hub: 'telemetry',
  claims: { keyName: 'bench', key: 'bench' },
  ledger: ({ events }) => {
    for (const { body } of events) bodies.push(body)
  },
  reply: () => ({ kind: 'accept', afterMs: latencyMs })
})
await double.start()
process.send?.({ url: double.connectionString })

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', (message: { readonly latencyMs: number } | 'judge') => {
  if (message === 'judge') process.send?.(judgeArrivals(bodies.splice(0)))
  else latencyMs = message.latencyMs
})
process.on('disconnect', () => process.exit())
