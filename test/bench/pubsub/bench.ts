// From Kafka to Pub/Sub with an ordering key for each device: Tailrace beside Google's client as it is used plainly, once
// awaiting each message, and once with all given to its batching at once, which keeps no offset until all are confirmed. Of
// a larger fleet it gives up there, as requests for all devices at once run into its time-out.

import { againstPlain } from '../against-plain.ts'

export const pubsubBench = againstPlain({
  summary:
    "Kafka to Pub/Sub: Tailrace beside Google's client awaited, and with its own batching, at 0 and 20 ms",
  receiver: new URL('./receiver.js', import.meta.url),
  systems: new URL('./systems.js', import.meta.url),
  copies: 10,
  cases: [
    { latencyMs: 0, messages: 100_000, plainMessages: 1_000, others: { batching: 100_000 } },
    { latencyMs: 20, messages: 100_000, plainMessages: 500, others: { batching: 100_000 } }
  ]
})
