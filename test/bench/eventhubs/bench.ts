// From Kafka to an Event Hubs namespace that accepts each batch, beside the SDK as anybody would use it: a loop that awaits each
// send, and its own batches, one after the other.

import { againstPlain } from '../against-plain.ts'

export const eventHubsBench = againstPlain({
  summary: 'Kafka to Event Hubs: Tailrace, by ident and by 16 keys, beside the SDK, at 0 and 20 ms',
  receiver: new URL('./receiver.js', import.meta.url),
  systems: new URL('./systems.js', import.meta.url),
  cases: [
    {
      ...{ latencyMs: 0, messages: 300_000, plainMessages: 30_000 },
      others: { 'tailrace, 16 keys': 300_000, 'SDK batches': 300_000 }
    },
    {
      ...{ latencyMs: 20, messages: 150_000, plainMessages: 300 },
      others: { 'tailrace, 16 keys': 150_000, 'SDK batches': 150_000 }
    }
  ]
})
