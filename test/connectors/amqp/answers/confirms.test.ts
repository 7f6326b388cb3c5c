// What a channel keeps of messages that it has not confirmed yet.

import test from 'ava'
import { Confirms } from '../../../../connectors/amqp/connection/confirms.ts'
import { delivered, type Outcome } from '../../../../connectors/connector.ts'

const place = { exchange: 'telemetry', routingKey: 'fleet', bodyBytes: 90 }

/** Two messages, the second of which is confirmed, and what the first was told. */
function passedOver() {
  const confirms = new Confirms({ maxInFlight: 10, maxInFlightBytes: 1_000 })
  const told: Outcome[] = []
  const sent = { atMs: 0, place, bytes: 100 }
  confirms.add({ ...sent, messageId: 'a', answer: outcome => void told.push(outcome) })
  confirms.add({ ...sent, messageId: 'b', answer: () => {} })
  confirms.answer(2, false, delivered)
  const passing: Outcome = { kind: 'unknown', scope: 'device', code: 'amqp_passed_over', detail: '' }
  return { confirms, told, passing, isGivenUp: confirms.giveUpOldest(passing, false) }
}

for (const [how, multiple] of [
  ['by itself', false],
  ['with others', true]
] as const)
  test(`a message that was given up is told nothing more when it is confirmed late, ${how}`, t => {
    const { confirms, told, passing, isGivenUp } = passedOver()
    t.true(isGivenUp)
    confirms.answer(multiple ? 2 : 1, multiple, delivered)
    t.deepEqual(told, [passing])
    t.true(confirms.isEmpty)
  })

test('a message that was given up is told nothing more when its channel ends', t => {
  const { confirms, told, passing } = passedOver()
  confirms.end(places => places.map(() => delivered))
  t.deepEqual(told, [passing])
  t.true(confirms.isEmpty)
})
