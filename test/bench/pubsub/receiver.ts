// The Pub/Sub of the benchmark, in a process of its own: confirms each request after a latency and keeps what it held,
// which is judged only when the run is over.

import { systemClock } from '../../../connectors/clock.ts'
import { PubsubDouble } from '../../../connectors/pubsub/double.ts'
import { judgeArrivals } from '../forward/judge.ts'

let latencyMs = 0

const double = new PubsubDouble({
  clock: systemClock,
  reply: () => ({ kind: 'confirm', afterMs: latencyMs })
})
await double.start()
process.send?.({ url: double.address })

/** An order begins a new run; `judge` ends it and answers with what arrived. */
process.on('message', (message: { readonly latencyMs: number } | 'judge') => {
  if (message !== 'judge') {
    latencyMs = message.latencyMs
    return
  }
  const requests = double.requests.splice(0)
  process.send?.(judgeArrivals(requests.flatMap(({ messages }) => messages.map(({ data }) => data))))
})
process.on('disconnect', () => process.exit())
