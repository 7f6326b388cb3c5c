// From Kafka to a Wialon Retranslator receiver that answers each packet, beside a loop that writes one packet and waits for
// its answer.

import { againstPlain } from '../against-plain.ts'

export const wialonBench = againstPlain({
  summary: 'Kafka to a Wialon Retranslator receiver: Tailrace beside one packet, one answer, at 0 and 20 ms',
  receiver: new URL('./receiver.js', import.meta.url),
  systems: new URL('./systems.js', import.meta.url),
  cases: [
    { latencyMs: 0, messages: 300_000, plainMessages: 60_000 },
    { latencyMs: 20, messages: 60_000, plainMessages: 400 }
  ]
})
