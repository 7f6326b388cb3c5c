// From Kafka to an MQTT broker that confirms each message, beside a loop that awaits each publish.

import { againstPlain } from '../against-plain.ts'

export const mqttBench = againstPlain({
  summary: 'Kafka to an MQTT broker: Tailrace beside mqtt.js that awaits each publish, at 0 and 20 ms',
  receiver: new URL('./receiver.js', import.meta.url),
  systems: new URL('./systems.js', import.meta.url),
  cases: [
    { latencyMs: 0, messages: 300_000, plainMessages: 60_000 },
    { latencyMs: 20, messages: 60_000, plainMessages: 400 }
  ]
})
